"""Opens files one by one, each in a child process under an audit hook, and reports what happened.

A hook cannot be taken off again and memory peaks cannot be reset, so every file gets a process of
its own, forked from one that has already imported everything. Reads a JSON list of paths from
standard input, writes a JSON object of reports by path to standard output.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from inspector.cli.show import print_tree
from inspector.cli.show_json import write_json
from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Selection

SECONDS = 20
MEMORY = 640 << 20  # bytes of address space: what takes more would take the machine down
_HARMLESS = ("array.__new__", "builtins.id", "sys._getframe")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")  # click's own
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_CONTROLS -= {0x0A}


class Terminal(io.TextIOBase):
    """A terminal that keeps nothing but the control characters which reach it."""

    def __init__(self) -> None:
        self.controls: set[str] = set()

    def isatty(self) -> bool:
        return True

    def write(self, words: str) -> int:
        plain = set(_STYLE.sub("", words))
        self.controls |= {hex(ord(character)) for character in plain if ord(character) in _CONTROLS}
        return len(words)


class Document(io.StringIO):
    """What is written to it, up to a length; what is longer was checked on smaller files."""

    longest = 4_000_000

    def write(self, words: str) -> int:
        if self.tell() <= self.longest:
            super().write(words[: self.longest + 1])
        return len(words)


def look(path: str) -> dict[str, Any]:
    """Open and print one file both ways; return what was seen on the way."""
    events: list[str] = []
    active = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event not in _HARMLESS:
            if event == "open" and arguments[0] == path:
                return
            events.append(f"{event}{arguments!r:.200}")

    report: dict[str, Any] = {"events": events}
    screen = sys.stdout = Terminal()
    text = Document()
    modules = set(sys.modules)
    sys.addaudithook(hook)
    started = time.monotonic()
    try:
        with open_checkpoint(path) as checkpoint:
            report["findings"] = [finding.code for finding in checkpoint.findings]
            report["format"] = checkpoint.format
            write_json(checkpoint, Selection(()), text)
        print_tree(path)
    except InspectorError as error:
        report["error"] = type(error).__name__
        report["message"] = str(error)
    except BaseException as error:  # noqa: BLE001 - whatever escapes is what the test looks for
        report["crash"] = f"{type(error).__name__}: {error}"[:300]
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            code = trace.tb_frame.f_code
            report["crash"] += f" ({Path(code.co_filename).name}, {code.co_name})"
    active = False
    sys.stdout = sys.__stdout__
    report["seconds"] = time.monotonic() - started
    report["controls"] = sorted(screen.controls)
    report["modules"] = sorted(set(sys.modules) - modules)
    if "crash" not in report and "error" not in report:
        report["json"] = valid_json(text.getvalue())
    report["new_events"] = events[:5]
    del report["events"]
    return report


def valid_json(document: str) -> str:
    """Return what is wrong with a JSON document; nothing if it is one in the strict sense."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    if len(document) > Document.longest:
        return ""
    try:
        sys.set_int_max_str_digits(0)
        json.loads(document, parse_constant=refuse)
    except ValueError as error:
        return str(error)[:200]
    return ""


def isolated(path: str) -> dict[str, Any]:
    """Run `look` in a child; add its peak of memory in MB and how it ended."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(SECONDS)  # its default action ends the process, whatever it is doing
        with os.fdopen(send, "w") as pipe:
            json.dump(look(path), pipe)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        answer = pipe.read()
    _, status, usage = os.wait4(child, 0)
    report: dict[str, Any] = json.loads(answer) if answer else {}
    if not answer:
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        report["crash"] = f"the process died: {signal.Signals(number).name if number else status}"
    report["megabytes"] = usage.ru_maxrss // 1024
    return report


def warm_up(paths: list[str]) -> None:
    """Open harmless files first: codecs are imported by Python at their first use."""
    for codec in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "unicode_escape"):
        " ".encode(codec).decode(codec)  # json.loads guesses among these
    for path in paths:
        look_quietly(path)


def look_quietly(path: str) -> None:
    sys.stdout = Terminal()
    with open_checkpoint(path) as checkpoint:
        write_json(checkpoint, Selection(()), io.StringIO())
    print_tree(path)
    sys.stdout = sys.__stdout__


def main() -> None:
    asked = json.load(sys.stdin)
    warm_up(asked["warm"])
    json.dump({path: isolated(path) for path in asked["paths"]}, sys.stdout)


if __name__ == "__main__":
    main()
