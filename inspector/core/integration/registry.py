"""Values in the user's part of the Windows registry, written and taken away with what is empty."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from inspector.core.integration.step import Step

_KEEP = ("Software", r"Software\Classes", r"Software\RegisteredApplications")


class RegistryValue(NamedTuple):
    """A value below HKEY_CURRENT_USER; the empty name is a key's own value."""

    key: str
    name: str
    text: str


class Registry(Protocol):
    """What is asked of a registry; keys are named from HKEY_CURRENT_USER."""

    def read(self, key: str, name: str) -> str | None:
        """Return a value, None if there is none."""

    def write(self, key: str, name: str, text: str) -> None:
        """Write a value, with the keys that lead to it."""

    def delete(self, key: str, name: str) -> None:
        """Remove a value that is there."""

    def drop_if_empty(self, key: str) -> bool:
        """Remove a key that holds nothing; False if it holds something or is not there."""

    def announce(self) -> None:
        """Tell running programs that file types have changed."""


def write_values(rows: Sequence[RegistryValue], registry: Registry, dry: bool) -> Iterator[Step]:
    """Write what is not there yet, telling each."""
    changed = False
    for row in rows:
        if registry.read(row.key, row.name) != row.text:
            yield Step("write", _named(row))
            changed = True
            if not dry:
                registry.write(*row)
    if changed and not dry:
        registry.announce()


def remove_values(rows: Sequence[RegistryValue], registry: Registry, dry: bool) -> Iterator[Step]:
    """Remove the values, and the keys that are empty then; others' values stay."""
    changed = False
    for row in reversed(rows):
        if registry.read(row.key, row.name) is not None:
            yield Step("remove", _named(row))
            changed = True
            if not dry:
                registry.delete(row.key, row.name)
                _drop_upwards(registry, row.key)
    if changed and not dry:
        registry.announce()


def _drop_upwards(registry: Registry, key: str) -> None:
    while key not in _KEEP and registry.drop_if_empty(key):
        key = key.rpartition("\\")[0]


def _named(row: RegistryValue) -> str:
    return rf"HKEY_CURRENT_USER\{row.key} : {row.name or '(Default)'} = {row.text}"


def user_registry() -> Registry:
    """Return the registry of this user."""
    if sys.platform == "win32":
        return _UserRegistry()
    raise NotImplementedError("only Windows has a registry")


if sys.platform == "win32":

    class _UserRegistry:
        def read(self, key: str, name: str) -> str | None:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as handle:
                    return str(winreg.QueryValueEx(handle, name)[0])
            except FileNotFoundError:
                return None

        def write(self, key: str, name: str, text: str) -> None:
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as handle:
                winreg.SetValueEx(handle, name, 0, winreg.REG_SZ, text)

        def delete(self, key: str, name: str) -> None:
            import winreg

            access = winreg.KEY_SET_VALUE
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, access=access) as handle:
                winreg.DeleteValue(handle, name)

        def drop_if_empty(self, key: str) -> bool:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as handle:
                    keys, values, _ = winreg.QueryInfoKey(handle)
                if keys or values:
                    return False
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
            except FileNotFoundError:
                return False
            return True

        def announce(self) -> None:
            import ctypes

            changed, nothing = 0x08000000, 0  # SHCNE_ASSOCCHANGED, SHCNF_IDLIST
            ctypes.windll.shell32.SHChangeNotify(changed, nothing, None, None)
