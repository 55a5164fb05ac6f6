"""Linux and other systems of freedesktop.org: an entry for menus, MIME types, icons.

Specifications: https://specifications.freedesktop.org, "Desktop Entry", "Shared MIME-info
Database", "Icon Theme", "XDG Base Directory". Everything is below the user's own data folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from inspector.core.integration.base import (
    APP_ID,
    NAME,
    SUMMARY,
    Cache,
    Integration,
    Launcher,
    Placed,
)
from inspector.core.integration.file_types import (
    FILE_TYPES,
    FOR_ANYTHING,
    Bytes,
    Claim,
    FileType,
    claim_to,
    endings_of,
)
from inspector.core.integration.icons import SIZES, picture
from inspector.core.resources import resource

_DOCUMENT_ICON = f"{APP_ID}-document"
_MAGIC_PRIORITY = 70  # a zip of ours must come before zip, which has 60
_WEIGHTS = {Claim.OWN: 70, Claim.SHARED: 10}  # 50 is what the system's own types have
_UNKNOWN, _UNKNOWN_WEIGHT = "octet-stream", 20  # before ours, behind any other type
_MIME_CACHES = (
    "XMLnamespaces",
    "aliases",
    "generic-icons",
    "globs",
    "globs2",
    "icons",
    "magic",
    "mime.cache",
    "subclasses",
    "treemagic",
    "types",
    "version",
)


def integration(launcher: Launcher, environ: Mapping[str, str] = os.environ) -> Integration:
    """Return what tells the desktop of this user about the program."""
    data = _folder(environ, "XDG_DATA_HOME", ".local/share")
    state = _folder(environ, "XDG_STATE_HOME", ".local/state")
    entry = data / "applications" / f"{APP_ID}.desktop"
    package = data / "mime" / "packages" / f"{APP_ID}.xml"
    files = (
        *_icons(data / "icons" / "hicolor"),
        Placed(package, mime_package().encode()),
        Placed(entry, desktop_entry(launcher).encode(errors="surrogateescape")),
    )
    return Integration(files, _caches(data), (), state / APP_ID / "integration.json")


def desktop_entry(launcher: Launcher) -> str:
    """Return the entry for menus, and for what opens our types."""
    command = " ".join(map(_exec_word, launcher.words))
    lines = {
        "Type": "Application",
        "Version": "1.4",
        "Name": NAME,
        "GenericName": "PyTorch Checkpoint Viewer",
        "Comment": SUMMARY,
        "TryExec": _escaped(launcher.program),
        "Exec": f"{_escaped(command)} %F",
        "Icon": APP_ID,
        "Terminal": "false",
        "StartupNotify": "true",
        "StartupWMClass": APP_ID,
        "Categories": "Science;ArtificialIntelligence;DataVisualization;",
        "Keywords": "pytorch;checkpoint;state_dict;safetensors;tensor;weights;model;",
        "MimeType": "".join(f"{kind.mime};" for kind in FILE_TYPES),
    }
    return "\n".join(["[Desktop Entry]", *(f"{k}={v}" for k, v in lines.items())]) + "\n"


def mime_package() -> str:
    """Return the MIME types with the names and bytes that their files go by."""
    body = "".join(map(_mime_type, FILE_TYPES)) + _unknown_type()
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">\n'
        f"{body}</mime-info>\n"
    )


def _folder(environ: Mapping[str, str], name: str, usual: str) -> Path:
    """Return a folder of the user's; the specification wants relative ones ignored."""
    named = environ.get(name, "")
    home = environ.get("HOME") or str(Path.home())
    return Path(named) if named.startswith("/") else Path(home, usual)


def _exec_word(word: str) -> str:
    """Return a word of Exec as the specification quotes it."""
    if re.fullmatch(r"[\w/.,:@+=-]+", word):
        return word
    for special in '\\"`$':
        word = word.replace(special, "\\" + special)
    return '"' + word.replace("%", "%%") + '"'


def _escaped(text: str) -> str:
    """Return a string value of the file: a backslash is one only when doubled."""
    for plain, written in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(plain, written)
    return text


def _mime_type(kind: FileType) -> str:
    lines = [
        f"  <mime-type type={quoteattr(kind.mime)}>",
        f"    <comment>{kind.label}</comment>",
        f"    <icon name={quoteattr(_DOCUMENT_ICON)}/>",
    ]
    if kind.parent:
        lines.append(f"    <sub-class-of type={quoteattr(kind.parent)}/>")
    if kind.magic:
        lines.append(f'    <magic priority="{_MAGIC_PRIORITY}">')
        for row in kind.magic:
            lines += _match(row, "      ")
        lines.append("    </magic>")
    for ending in endings_of(kind):
        lines.append(_glob(ending, _WEIGHTS[claim_to(ending)] - FILE_TYPES.index(kind)))
    return "\n".join([*lines, "  </mime-type>\n"])


def _unknown_type() -> str:
    """Return what keeps a name of no program's own from making a file ours whatever its bytes.

    It has no words: those of the system, in the language of the user, are to stay.
    """
    lines = [
        f'  <mime-type type="application/{_UNKNOWN}">',
        *(_glob(ending, _UNKNOWN_WEIGHT) for ending in FOR_ANYTHING),
    ]
    return "\n".join([*lines, "  </mime-type>\n"])


def _glob(ending: str, weight: int) -> str:
    return f'    <glob pattern={quoteattr("*" + ending)} weight="{weight}"/>'


def _match(row: Bytes, indent: str) -> list[str]:
    offset = f"{row.first}" if row.first == row.last else f"{row.first}:{row.last}"
    value = "".join(
        chr(byte) if 32 < byte < 127 and byte != 92 else f"\\{byte:03o}" for byte in row.value
    )
    start = f'{indent}<match type="string" offset="{offset}" value={quoteattr(value)}'
    if not row.also:
        return [start + "/>"]
    inner = [line for item in row.also for line in _match(item, indent + "  ")]
    return [start + ">", *inner, f"{indent}</match>"]


def _icons(theme: Path) -> list[Placed]:
    icons = []
    for name, drawing, context, icon in (
        ("app", "icons/app.svg", "apps", APP_ID),
        ("checkpoint", "icons/desktop/checkpoint.svg", "mimetypes", _DOCUMENT_ICON),
    ):
        svg = resource(drawing).read_bytes()
        icons.append(Placed(theme / "scalable" / context / f"{icon}.svg", svg))
        icons += [
            Placed(theme / f"{size}x{size}" / context / f"{icon}.png", picture(name, size))
            for size in SIZES
        ]
    return icons


def _caches(data: Path) -> tuple[Cache, ...]:
    mime, applications = data / "mime", data / "applications"
    icons = data / "icons" / "hicolor"
    return (
        Cache(
            ("xdg-icon-resource", "forceupdate", "--theme", "hicolor", "--mode", "user"),
            "",  # only makes the icons appear sooner
            "",
            icons,
            "*/*/*.*",
            ("icon-theme.cache", ".xdg-icon-resource-dummy"),
        ),
        Cache(
            ("update-mime-database", str(mime)),
            "shared-mime-info",
            "checkpoints are not recognised and a double-click does not open them",
            mime,
            "packages/*.xml",
            (
                *_MIME_CACHES,
                *(f"application/{kind.name}.xml" for kind in FILE_TYPES),
                f"application/{_UNKNOWN}.xml",
            ),
        ),
        Cache(
            ("update-desktop-database", str(applications)),
            "desktop-file-utils",
            "some file managers do not offer the program",
            applications,
            "**/*.desktop",
            ("mimeinfo.cache",),
        ),
    )
