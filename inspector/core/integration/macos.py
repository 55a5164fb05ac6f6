"""macOS: a small application bundle in the user's Applications, which names its documents.

https://developer.apple.com/documentation/bundleresources/information-property-list: the Finder asks
a running application for a file by an event, which `gui.app.Application` hears. The bundle runs the
installed program; it holds nothing of it.
"""

from __future__ import annotations

import os
import plistlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspector import __version__
from inspector.core.integration.base import (
    APP_ID,
    NAME,
    Cache,
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
    endings_of,
    first_type,
    last_suffix,
)
from inspector.core.integration.icons import icns

_BUNDLE = "io.github.checkpoint-inspector"
_LSREGISTER = (
    "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework"
    "/Support/lsregister"
)
_PARENTS = {"application/zip": "public.zip-archive"}
_ICON, _DOCUMENT_ICON = "app.icns", "document.icns"


def integration(launcher: Launcher, environ: Mapping[str, str] = os.environ) -> Integration:
    """Return what tells the Finder of this user about the program."""
    home = Path(environ.get("HOME") or Path.home())
    bundle = home / "Applications" / f"{NAME}.app"
    contents = bundle / "Contents"
    files = (
        Placed(contents / "Resources" / _ICON, icns("app")),
        Placed(contents / "Resources" / _DOCUMENT_ICON, icns("checkpoint")),
        Placed(contents / "MacOS" / APP_ID, launch_script(launcher), executable=True),
        Placed(contents / "Info.plist", plistlib.dumps(info_plist())),
    )
    register = Cache((_LSREGISTER, "-f", str(bundle)), "", "", bundle, "Contents/Info.plist", ())
    record = home / "Library" / "Application Support" / APP_ID / "integration.json"
    return Integration(files, (register,), (), record)


def launch_script(launcher: Launcher) -> bytes:
    """Return the bundle's program: it becomes the installed one."""
    return f'#!/bin/sh\nexec {shlex.join(launcher.words)} "$@"\n'.encode(errors="surrogateescape")


def info_plist() -> dict[str, Any]:
    """Return what the bundle says of itself and of its documents."""
    return {
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDisplayName": NAME,
        "CFBundleExecutable": APP_ID,
        "CFBundleIconFile": _ICON,
        "CFBundleIdentifier": _BUNDLE,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": NAME,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": __version__,
        "CFBundleVersion": __version__,
        "LSMinimumSystemVersion": "11.0",
        "NSHighResolutionCapable": True,
        "CFBundleDocumentTypes": [
            *(_document_type(kind) for kind in FILE_TYPES if _own(kind)),
            _others(),
        ],
        "UTExportedTypeDeclarations": [_declaration(kind) for kind in FILE_TYPES if _own(kind)],
    }


def uti(kind: FileType) -> str:
    """Return the name of a type on macOS."""
    return f"{_BUNDLE}.{kind.name.removeprefix('x-')}"


def _own(kind: FileType) -> list[str]:
    """Return the endings by which the Finder knows the type, without their dot."""
    mine = [ending for ending in endings_of(kind) if first_type(ending) is kind]
    return [ending[1:] for ending in mine if _is_own(ending)]


def _is_own(ending: str) -> bool:
    """True if the Finder sees the whole ending, and it stands for nothing but checkpoints."""
    return claim_to(ending) is Claim.OWN and last_suffix(ending) == ending


def _document_type(kind: FileType) -> dict[str, Any]:
    return {
        "CFBundleTypeName": kind.label,
        "CFBundleTypeRole": "Viewer",
        "CFBundleTypeIconFile": _DOCUMENT_ICON,
        "LSHandlerRank": "Default",
        "LSItemContentTypes": [uti(kind)],
    }


def _others() -> dict[str, Any]:
    """Return the endings that are offered under Open With, and never by default."""
    shared = sorted({last_suffix(end)[1:] for end in all_endings() if not _is_own(end)})
    return {
        "CFBundleTypeName": "Model checkpoint",
        "CFBundleTypeRole": "Viewer",
        "CFBundleTypeExtensions": shared,
        "LSHandlerRank": "Alternate",
    }


def _declaration(kind: FileType) -> dict[str, Any]:
    return {
        "UTTypeIdentifier": uti(kind),
        "UTTypeDescription": kind.label,
        "UTTypeIconFile": _DOCUMENT_ICON,
        "UTTypeConformsTo": [_PARENTS.get(kind.parent, "public.data")],
        "UTTypeTagSpecification": {
            "public.filename-extension": _own(kind),
            "public.mime-type": [kind.mime],
        },
    }
