"""Writes the parts of README.md that follow from tables of the program: formats and findings.

    .venv/bin/python packaging/readme_tables.py

A test holds README.md to what this would write.
"""

from __future__ import annotations

import re
from pathlib import Path

from inspector.core.analysis.health import HEALTH
from inspector.core.formats import READERS

README = Path(__file__).parents[1] / "README.md"


def formats_table() -> str:
    """Return a row per reader, in the order in which they are asked."""
    lines = ["| format | JSON name | usual endings |", "|---|---|---|"]
    for reader in READERS:
        endings = ", ".join(f"`{extension}`" for extension in reader.extensions)
        lines.append(f"| {reader.label} | `{reader.name}` | {endings} |")
    return "\n".join(lines)


def health_table() -> str:
    """Return a row per finding about values, the gravest first."""
    rows = [f"| `{health.code}` | {health.meaning} |" for health in HEALTH]
    return "\n".join(["| finding | what it means |", "|---|---|", *rows])


def filled(text: str) -> str:
    """Return the README with the tables between their marks."""
    for name, table in (("formats", formats_table()), ("health", health_table())):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = pattern.sub((begin + table + end).replace("\\", r"\\"), text)
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
