"""The boundaries between the rooms, and what must never be imported or called."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ROOT / "inspector"
MODULES = sorted(PRODUCT.rglob("*.py"))
LONGEST = 460  # lines; the table of opcodes is the longest
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}

# What would run something that a file says, and by which names it can be reached.
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_ATTRIBUTES = {
    "torch": {"load", "jit", "package", "export"},
    "torch.jit": {"load"},
    "pickle": {"load", "loads", "Unpickler"},
    "_pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "numpy": {"load"},
}


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports, with the names that it takes out of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def dangerous(tree: ast.AST) -> Iterator[str]:
    forbidden = {f"{module}.{name}" for module, row in FORBIDDEN_ATTRIBUTES.items() for name in row}
    yield from (name for name in imported(tree) if name in forbidden)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node) in forbidden:
            yield dotted(node)
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_CALLS:
            yield node.id


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_nothing_runs_what_a_file_says(path: Path) -> None:
    assert list(dangerous(ast.parse(path.read_text("utf-8")))) == []


def test_the_test_above_finds_something() -> None:
    code = "import torch, pickle\nfrom pickle import loads\ntorch.load(1)\nf = eval\nre.compile(1)"
    assert set(dangerous(ast.parse(code))) == {"pickle.loads", "torch.load", "eval"}


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_modules_are_short_and_named_for_what_they_hold(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_import_contracts() -> None:
    code = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "module", ["inspector.core.formats", "inspector.cli.show", "inspector.cli.main"]
)
def test_a_tree_needs_neither_torch_nor_qt(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"torch", "numpy", "PySide6", "multiprocessing", "asyncio"})
