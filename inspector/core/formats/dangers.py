"""Globals that a pickle has no honest reason to call: what loading it would set going."""

from __future__ import annotations

from inspector.core.checkpoint import PickleDemands
from inspector.core.model import Finding
from inspector.core.text import printable

_MODULES = frozenset(
    {
        "_posixsubprocess", "_pyrepl", "asyncio", "bdb", "cProfile", "code", "codeop", "commands",
        "cffi", "ctypes", "distutils", "doctest", "ensurepip", "httplib", "http", "idlelib",
        "imaplib", "importlib", "lib2to3", "marshal", "multiprocessing", "nt", "os", "pdb", "pip",
        "pkgutil", "platform", "popen2", "posix", "profile", "pty", "pydoc", "requests", "runpy",
        "shutil", "signal", "site", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys",
        "telnetlib", "tempfile", "threading", "timeit", "trace", "urllib", "urllib2", "venv",
        "webbrowser", "_thread",
    }
)  # fmt: skip
_BUILTINS = frozenset(
    {"__import__", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "globals",
     "input", "locals", "open", "setattr", "vars"}
)  # fmt: skip
# Each runs source code that stands in the pickle (torch/fx/graph_module.py, _exec_with_source).
_RUN_SOURCE = frozenset(f"reduce_{kind}graph_module" for kind in ("", "package_", "deploy_"))
_BUILTIN_MODULES = ("builtins", "__builtin__")
_MANY = 5


def is_dangerous(module: str, name: str) -> bool:
    """Return whether a global gives a pickle power over the machine that loads it."""
    if module.partition(".")[0] in _MODULES:
        return True
    if module == "torch.fx.graph_module":
        return name in _RUN_SOURCE
    return module in _BUILTIN_MODULES and name.partition(".")[0] in _BUILTINS


def danger_findings(demands: PickleDemands | None) -> list[Finding]:
    """Return a finding that names what `torch.load(weights_only=False)` would run.

    A pickle without one is not thereby harmless: any class that it names may do anything.
    """
    if demands is None:
        return []
    named = [f"{module}.{name}" for module, name in demands.globals if is_dangerous(module, name)]
    if not named:
        return []
    listed = ", ".join(printable(name, 80) for name in named[:_MANY])
    message = (
        f"Its pickle names {listed}, which a checkpoint does not need: loaded with "
        "weights_only=False or by pickle, it can run commands of its author. Nothing was run here."
    )
    return [Finding("dangerous-global", "error", message)]
