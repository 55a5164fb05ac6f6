"""What can go wrong, as sentences for the person in front of the file.

    InspectorError
    +-- SourceError        the bytes cannot be had: missing, no permission, cut off, changed
    +-- FormatError        the bytes were read but are not what is needed
        +-- UnknownFormat  no reader knows this file; says what it is, where that is known
        +-- Damaged        the file breaks the rules of its own format
    +-- WorkerDied         a process that computes for us has ended, killed or out of memory

Every message names what is wrong; `hint` says what to do next.
"""

from __future__ import annotations


class InspectorError(Exception):
    """An error whose text is fit to be shown: `message`, then what to do in `hint`."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SourceError(InspectorError):
    """The bytes cannot be had."""


class FormatError(InspectorError):
    """The bytes are there, but not as their format demands."""


class UnknownFormat(FormatError):
    """No reader knows this file."""


class Damaged(FormatError):
    """The file breaks the rules of its own format."""


class WorkerDied(InspectorError):
    """A process that computes for us has ended; the next request starts a new one."""
