"""What packages for whole systems are made of says the same as `inspector integrate`."""

import plistlib
import re
from pathlib import Path
from xml.etree import ElementTree

import desktop_files
import pytest

from inspector.core.formats import READERS
from inspector.core.integration import linux, macos
from inspector.core.integration.file_types import FILE_TYPES, last_suffix

ENDINGS = {ending for reader in READERS for ending in reader.extensions}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desktop")
    desktop_files.write(folder)
    return folder


def test_the_store_page_names_our_types() -> None:
    root = ElementTree.parse(desktop_files.METAINFO).getroot()
    named = [element.text for element in root.iter("mediatype")]
    assert named == [kind.mime for kind in FILE_TYPES]
    assert root.findtext("launchable") == "checkpoint-inspector.desktop"


def test_linux(folder: Path) -> None:
    share = folder / "linux" / "share"
    package = share / "mime" / "packages" / "checkpoint-inspector.xml"
    assert package.read_text("utf-8") == linux.mime_package()
    entry = (share / "applications" / "checkpoint-inspector.desktop").read_text("utf-8")
    assert "\nExec=inspector-gui %F\n" in entry
    assert (share / "icons/hicolor/256x256/apps/checkpoint-inspector.png").is_file()
    assert (share / "metainfo" / desktop_files.METAINFO.name).is_file()


def test_windows(folder: Path) -> None:
    rows = (folder / "windows" / "checkpoint-inspector.reg").read_text("utf-16")
    offered = re.findall(r"Classes\\(\.[^\\]+)\\OpenWithProgids\]", rows)
    assert set(offered) == {last_suffix(ending) for ending in ENDINGS}
    assert (folder / "windows" / "checkpoint.ico").is_file()


def test_macos(folder: Path) -> None:
    content = plistlib.loads((folder / "macos" / "Info.plist").read_bytes())
    assert content == macos.info_plist()
    for key in ("CFBundleIconFile",):
        assert (folder / "macos" / content[key]).is_file()
    icons = {kind["CFBundleTypeIconFile"] for kind in content["CFBundleDocumentTypes"][:-1]}
    assert all((folder / "macos" / icon).is_file() for icon in icons)
