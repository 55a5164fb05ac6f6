"""All that a desktop is told is held to READERS: the same endings, everywhere."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import PureWindowsPath

import pytest

from inspector.core.formats import READERS
from inspector.core.integration import Launcher, linux, macos, windows
from inspector.core.integration.file_types import (
    FILE_TYPES,
    FOR_ANYTHING,
    Claim,
    FileType,
    all_endings,
    claim_to,
    endings_of,
    first_type,
    last_suffix,
    type_of,
)

ENDINGS = {ending for reader in READERS for ending in reader.extensions}
OWN = {ending for ending in ENDINGS if claim_to(ending) is Claim.OWN}
OURS = {kind.mime for kind in FILE_TYPES}
UNKNOWN = "application/octet-stream"
SPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"
LAUNCHER = Launcher(("/opt/a b/inspector-gui",))


def name_of(kind: FileType) -> str:
    return kind.name


def mime_types() -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(linux.mime_package().encode())
    return {element.attrib["type"]: element for element in root.iter(f"{SPACE}mime-type")}


def globs() -> dict[str, dict[str, int]]:
    """Return the weight of each type, by ending."""
    found: dict[str, dict[str, int]] = {}
    for mime, element in mime_types().items():
        for glob in element.iter(f"{SPACE}glob"):
            ending = glob.attrib["pattern"].removeprefix("*")
            found.setdefault(ending, {})[mime] = int(glob.attrib["weight"])
    return found


def test_the_table_has_every_ending_of_the_readers() -> None:
    assert set(all_endings()) == ENDINGS
    assert {ending for kind in FILE_TYPES for ending in endings_of(kind)} == ENDINGS
    for reader in READERS:
        assert set(reader.extensions) <= set(endings_of(type_of(reader.name)))


def test_types_are_told_apart() -> None:
    for column in ("name", "label", "mime"):
        assert len({getattr(kind, column) for kind in FILE_TYPES}) == len(FILE_TYPES)
    assert len({windows.prog_id(kind) for kind in FILE_TYPES}) == len(FILE_TYPES)
    assert len({macos.uti(kind) for kind in FILE_TYPES}) == len(FILE_TYPES)


def test_readers_that_are_named_exist() -> None:
    known = {reader.name for reader in READERS}
    assert {name for kind in FILE_TYPES for name in kind.readers} <= known


@pytest.mark.parametrize("ending", [".bin", ".zip", ".tar.gz", ".json", ".model", ".new-here"])
def test_what_others_use_too_is_not_ours(ending: str) -> None:
    assert claim_to(ending) is not Claim.OWN


# Linux.


def test_every_ending_of_every_reader_is_a_glob_of_its_type() -> None:
    assert set(globs()) == ENDINGS
    for reader in READERS:
        mime = type_of(reader.name).mime
        assert [ending for ending in reader.extensions if mime not in globs()[ending]] == []


def test_shared_endings_weigh_less_than_those_of_the_system() -> None:
    for ending, weights in globs().items():
        ours = [weight for mime, weight in weights.items() if mime in OURS]
        assert (min(ours) > 50) if ending in OWN else (0 < max(ours) < 50), ending
        assert len(set(weights.values())) == len(weights), "which type comes first is decided"


def test_a_name_that_is_for_anything_leaves_a_file_unknown_unless_its_bytes_tell() -> None:
    told = {kind.mime for kind in FILE_TYPES if kind.magic}
    assert {ending for ending, weights in globs().items() if UNKNOWN in weights} == {*FOR_ANYTHING}
    for ending in FOR_ANYTHING:
        weights = globs()[ending]
        assert max(weights, key=lambda mime: weights[mime]) == UNKNOWN
        assert set(weights) - {UNKNOWN} <= told


@pytest.mark.parametrize("kind", FILE_TYPES, ids=name_of)
def test_a_mime_type_is_whole(kind: FileType) -> None:
    element = mime_types()[kind.mime]
    assert element.findtext(f"{SPACE}comment") == kind.label
    parents = [parent.attrib["type"] for parent in element.iter(f"{SPACE}sub-class-of")]
    assert parents == [kind.parent] * bool(kind.parent)
    assert len(list(element.iter(f"{SPACE}magic"))) == bool(kind.magic)


def test_the_zip_type_is_a_zip() -> None:
    assert type_of("torch-zip").parent == "application/zip"


def entry(launcher: Launcher = LAUNCHER) -> dict[str, str]:
    first, *lines = linux.desktop_entry(launcher).splitlines()
    assert first == "[Desktop Entry]"
    return dict(line.split("=", 1) for line in lines)


def test_the_menu_entry_opens_exactly_our_types() -> None:
    listed = entry()["MimeType"].split(";")
    assert listed.pop() == ""
    assert [*listed, UNKNOWN] == [*(kind.mime for kind in FILE_TYPES), UNKNOWN] == [*mime_types()]


def unquoted(command: str) -> list[str]:
    """Read Exec as the specification says: first as a string, then its quotes."""
    command = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "s": " "}.get(m[1], m[1]), command)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', command)
    return [
        re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%") if quoted else bare
        for quoted, bare in words
    ]


@pytest.mark.parametrize(
    "word",
    [
        "/usr/bin/inspector-gui",
        "/home/a b/inspector-gui",
        '/tmp/"quoted"/x',
        "/tmp/back\\slash",
        "/tmp/100%/$HOME/`x`",
        "/tmp/ä/é",
    ],
)
def test_paths_survive_the_quoting_of_exec(word: str) -> None:
    lines = entry(Launcher((word, "-c", "a; b('c')")))
    assert unquoted(lines["Exec"]) == [word, "-c", "a; b('c')", "%F"]
    assert lines["TryExec"].replace("\\\\", "\\") == word


# Windows.

ROWS = windows.registry_values(
    Launcher((r"C:\My Programs\inspector-gui.exe",)), r"C:\a.ico", r"C:\c.ico"
)
SUFFIXES = {last_suffix(ending) for ending in ENDINGS}


def test_every_ending_offers_us_on_windows() -> None:
    pattern = re.compile(r"Software\\Classes\\(\.[^\\]+)\\OpenWithProgids")
    offered = {
        match[1]: row.name for row in ROWS if (match := pattern.fullmatch(row.key)) is not None
    }
    assert set(offered) == SUFFIXES
    written = {row.key for row in ROWS}
    for ending, prog_id in offered.items():
        assert rf"Software\Classes\{prog_id}\shell\open\command" in written
        if ending in ENDINGS:
            assert prog_id == windows.prog_id(first_type(ending))


def test_no_default_of_the_user_is_changed_on_windows() -> None:
    for row in ROWS:
        parts = PureWindowsPath(row.key).parts
        if parts[2:3] and parts[2].startswith("."):
            assert parts[3:] == ("OpenWithProgids",)


def test_settings_of_windows_list_our_own_endings() -> None:
    listed = {row.name: row.text for row in ROWS if row.key.endswith("FileAssociations")}
    assert set(listed) == {ending for ending in OWN if last_suffix(ending) == ending}
    assert listed[".pt"] == "CheckpointInspector.PytorchCheckpoint"


def test_the_command_of_windows_is_quoted() -> None:
    commands = {row.text for row in ROWS if row.key.endswith(r"shell\open\command")}
    assert commands == {r'"C:\My Programs\inspector-gui.exe" "%1"'}


def test_the_registry_rows_exactly() -> None:
    """The first type's and the last rows, in full: what a reviewer would look at."""
    key = r"Software\Classes\CheckpointInspector.PytorchCheckpoint"
    assert [tuple(row) for row in ROWS[:6]] == [
        (key, "", "PyTorch checkpoint"),
        (key, "FriendlyTypeName", "PyTorch checkpoint"),
        (rf"{key}\Application", "ApplicationName", "Checkpoint Inspector"),
        (rf"{key}\Application", "ApplicationIcon", r'"C:\a.ico"'),
        (rf"{key}\DefaultIcon", "", r'"C:\c.ico"'),
        (rf"{key}\shell\open\command", "", r'"C:\My Programs\inspector-gui.exe" "%1"'),
    ]
    assert tuple(ROWS[-1]) == (
        r"Software\RegisteredApplications",
        "Checkpoint Inspector",
        r"Software\CheckpointInspector\Capabilities",
    )


def test_the_rows_as_a_reg_file() -> None:
    text = windows.reg_file(ROWS)
    assert text.startswith("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Soft")
    assert '@="\\"C:\\\\My Programs\\\\inspector-gui.exe\\" \\"%1\\""' in text
    assert text.count("=") >= len(ROWS)


# macOS.


def test_the_property_list_names_every_ending() -> None:
    content = macos.info_plist()
    declared = {
        kind["UTTypeIdentifier"]: kind["UTTypeTagSpecification"]["public.filename-extension"]
        for kind in content["UTExportedTypeDeclarations"]
    }
    *types, others = content["CFBundleDocumentTypes"]
    own = [ending for kind in types for ending in declared[kind["LSItemContentTypes"][0]]]
    assert len(own) == len(set(own))
    assert len(types) == len(declared)
    named = {f".{ending}" for ending in (*own, *others["CFBundleTypeExtensions"])}
    assert named == SUFFIXES
    assert {f".{ending}" for ending in own} == {e for e in OWN if last_suffix(e) == e}
    assert others["LSHandlerRank"] == "Alternate"


def test_the_zip_type_conforms_to_zip_on_macos() -> None:
    first = macos.info_plist()["UTExportedTypeDeclarations"][0]
    assert first["UTTypeConformsTo"] == ["public.zip-archive"]
    assert first["UTTypeTagSpecification"]["public.mime-type"] == [FILE_TYPES[0].mime]


def test_the_bundle_becomes_the_installed_program() -> None:
    script = macos.launch_script(Launcher(("/opt/a b/inspector-gui",))).decode()
    assert script == "#!/bin/sh\nexec '/opt/a b/inspector-gui' \"$@\"\n"
