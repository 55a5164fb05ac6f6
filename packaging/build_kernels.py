"""Compiles inspector/core/arrays/kernels.c while pip builds the package, where there is a compiler.

A plain shared library, called through ctypes: it does not depend on the version of Python. Without
a compiler the package is complete all the same, and takes numpy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FLAGS = ["-O3", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-shared"]


class KernelsHook(BuildHookInterface[Any]):
    """Puts the compiled library beside its source, and into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the wheel after the platform if that succeeded."""
        folder = Path(self.root, "inspector", "core", "arrays")
        library = folder / ("_kernels.dll" if sys.platform == "win32" else "_kernels.so")
        if not compile_library(folder / "kernels.c", library):
            self.app.display_warning("No C compiler: numbers are worked out by numpy, slower.")
            return
        build_data["artifacts"].append(f"/{library.relative_to(self.root).as_posix()}")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"


def compile_library(source: Path, library: Path) -> bool:
    """Compile with the first C compiler that can; False, and no library, if none can."""
    made = library.with_suffix(".new")
    position = [] if sys.platform == "win32" else ["-fPIC"]
    for compiler in (os.environ.get("CC", "").strip(), "cc", "gcc", "clang"):
        if not compiler or not shutil.which(compiler):
            continue
        # Not all can make versions for several generations of processors.
        for more in ([], ["-DONE_TARGET"]):
            command = [compiler, *_FLAGS, *position, *more, str(source), "-o", str(made)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                made.replace(library)  # a program that has it open keeps the old one
                return True
    library.unlink(missing_ok=True)
    return False
