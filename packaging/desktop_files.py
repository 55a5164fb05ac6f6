"""Writes what a package for a whole system needs so that a double-click opens checkpoints.

    .venv/bin/python packaging/desktop_files.py FOLDER

The same table that `inspector integrate` reads for one user gives FOLDER/linux (to be laid over
/usr), FOLDER/windows and FOLDER/macos.
"""

import plistlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # behind everything else: this folder's name is that of a library

from inspector.core.integration import Launcher, linux, macos, windows  # noqa: E402
from inspector.core.integration.icons import icns, ico  # noqa: E402

METAINFO = ROOT / "packaging" / "linux" / "checkpoint-inspector.metainfo.xml"
# Where an installer puts the program: a .reg file has to name it in full.
WINDOWS_FOLDER = r"C:\Program Files\Checkpoint Inspector"


def write(folder: Path) -> list[Path]:
    """Write everything below `folder`; return what was written."""
    share = folder / "linux" / "share"
    launcher = Launcher(("inspector-gui",))
    there = {"XDG_DATA_HOME": str(share.resolve())}
    files = {file.path: file.content for file in linux.integration(launcher, there).files}
    files[share.resolve() / "metainfo" / METAINFO.name] = METAINFO.read_bytes()
    program = Launcher((rf"{WINDOWS_FOLDER}\inspector-gui.exe",))
    icons = rf"{WINDOWS_FOLDER}\app.ico", rf"{WINDOWS_FOLDER}\checkpoint.ico"
    rows = windows.reg_file(windows.registry_values(program, *icons))
    files[folder / "windows" / "checkpoint-inspector.reg"] = rows.encode("utf-16")
    files[folder / "macos" / "Info.plist"] = plistlib.dumps(macos.info_plist())
    for name, target in (("app", "app"), ("checkpoint", "document")):
        files[folder / "windows" / f"{name}.ico"] = ico(name)
        files[folder / "macos" / f"{target}.icns"] = icns(name)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def main() -> None:
    """Write into the folder that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(f"Name the folder to write into: {sys.argv[0]} FOLDER")
    for path in write(Path(sys.argv[1])):
        print(path)


if __name__ == "__main__":
    main()
