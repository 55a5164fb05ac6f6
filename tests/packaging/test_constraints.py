"""The exact versions in packaging/constraints.txt fit pyproject.toml and are complete."""

import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = [
    Requirement(text)
    for text in (
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["test"],
    )
]
PINNED = {
    canonicalize_name(pin.name): pin
    for line in (ROOT / "packaging" / "constraints.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
    for pin in [Requirement(line)]
}


def version(name: str) -> str:
    (specifier,) = PINNED[canonicalize_name(name)].specifier
    assert specifier.operator == "=="
    return specifier.version


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_range_admits_the_pinned_version(requirement: Requirement) -> None:
    assert requirement.specifier, "ranges name at least the oldest version"
    assert requirement.specifier.contains(version(requirement.name))


# `editables` is only installed while pip builds the package, the marked ones only elsewhere.
INSTALLED = [pin for name, pin in PINNED.items() if pin.marker is None and name != "editables"]


@pytest.mark.parametrize("pin", INSTALLED, ids=str)
def test_installed_version_is_the_pinned_one(pin: Requirement) -> None:
    installed = distribution(pin.name).version
    assert installed.partition("+")[0] == version(pin.name)


def test_whatever_is_needed_in_turn_is_pinned_too() -> None:
    waiting = {canonicalize_name(requirement.name) for requirement in DIRECT}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        assert name in PINNED, f"{name} is missing in packaging/constraints.txt"
        seen.add(name)
        needed = [Requirement(text) for text in distribution(name).requires or ()]
        waiting |= {
            canonicalize_name(other.name)
            for other in needed
            if other.marker is None or other.marker.evaluate({"extra": ""})
        } - seen


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for text in PROJECT["project"]["dependencies"]:
        (number,) = [i for i, line in enumerate(lines) if line.strip() == f'"{text}",']
        assert lines[number - 1].strip().startswith("#"), text
