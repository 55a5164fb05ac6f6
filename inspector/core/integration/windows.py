"""Windows: file types in the user's part of the registry.

https://learn.microsoft.com/windows/win32/shell/fa-intro: a ProgID per type, which says what opens
it; endings that name the ProgID; the application with the endings that it can open; and what it
shows in Settings under default apps. No default of the user's is ever changed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from subprocess import list2cmdline

from inspector.core.integration.base import (
    APP_ID,
    NAME,
    SUMMARY,
    Integration,
    Launcher,
    Placed,
)
from inspector.core.integration.file_types import (
    FILE_TYPES,
    Claim,
    FileType,
    all_endings,
    claim_to,
    first_type,
    last_suffix,
)
from inspector.core.integration.icons import ico
from inspector.core.integration.registry import RegistryValue

_CLASSES = r"Software\Classes"
_CAPABILITIES = r"Software\CheckpointInspector\Capabilities"
_REGISTERED = r"Software\RegisteredApplications"


def integration(launcher: Launcher, environ: Mapping[str, str] = os.environ) -> Integration:
    """Return what tells the Windows of this user about the program."""
    local = environ.get("LOCALAPPDATA", "")
    data = (Path(local) if local else Path.home() / "AppData" / "Local") / APP_ID
    icons = {name: data / f"{name}.ico" for name in ("app", "checkpoint")}
    files = tuple(Placed(path, ico(name)) for name, path in icons.items())
    rows = registry_values(launcher, str(icons["app"]), str(icons["checkpoint"]))
    return Integration(files, (), rows, data / "integration.json")


def prog_id(kind: FileType) -> str:
    """Return the name of a type in the registry."""
    words = kind.name.removeprefix("x-").split("-")
    return "CheckpointInspector." + "".join(word.capitalize() for word in words)


def registry_values(launcher: Launcher, app_icon: str, icon: str) -> tuple[RegistryValue, ...]:
    """Return every value that is written, in this order."""
    opens = f'{list2cmdline(launcher.words)} "%1"'
    rows = []
    for kind in FILE_TYPES:
        key = rf"{_CLASSES}\{prog_id(kind)}"
        rows += [
            RegistryValue(key, "", kind.label),
            RegistryValue(key, "FriendlyTypeName", kind.label),
            RegistryValue(rf"{key}\Application", "ApplicationName", NAME),
            RegistryValue(rf"{key}\Application", "ApplicationIcon", f'"{app_icon}"'),
            RegistryValue(rf"{key}\DefaultIcon", "", f'"{icon}"'),
            RegistryValue(rf"{key}\shell\open\command", "", opens),
        ]
    # Where one ending is all that is left of two, it is the type of the shorter one.
    endings = sorted(all_endings(), key=len, reverse=True)
    types = {last_suffix(ending): first_type(ending) for ending in endings}
    for ending, kind in sorted(types.items()):
        rows.append(RegistryValue(rf"{_CLASSES}\{ending}\OpenWithProgids", prog_id(kind), ""))
    rows += [
        RegistryValue(_CAPABILITIES, "ApplicationName", NAME),
        RegistryValue(_CAPABILITIES, "ApplicationDescription", SUMMARY),
        RegistryValue(_CAPABILITIES, "ApplicationIcon", f'"{app_icon}"'),
    ]
    for ending, kind in sorted(types.items()):
        if claim_to(ending) is Claim.OWN:
            key = rf"{_CAPABILITIES}\FileAssociations"
            rows.append(RegistryValue(key, ending, prog_id(kind)))
    rows.append(RegistryValue(_REGISTERED, NAME, _CAPABILITIES))
    return tuple(rows)


def reg_file(rows: tuple[RegistryValue, ...]) -> str:
    """Return the rows in the form that regedit imports, for those who look before they leap."""
    lines = ["Windows Registry Editor Version 5.00"]
    last = None
    for row in rows:
        if row.key != last:
            last = row.key
            lines += ["", rf"[HKEY_CURRENT_USER\{row.key}]"]
        name = f'"{_quoted(row.name)}"' if row.name else "@"
        lines.append(f'{name}="{_quoted(row.text)}"')
    return "\r\n".join(lines) + "\r\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
