"""Writes the parts of README.md that follow from tables of the program: the list of formats.

    .venv/bin/python packaging/readme_tables.py

A test holds README.md to what this would write.
"""

from __future__ import annotations

import re
from pathlib import Path

from inspector.core.formats import READERS

README = Path(__file__).parents[1] / "README.md"


def formats_table() -> str:
    """Return a row per reader, in the order in which they are asked."""
    lines = ["| format | JSON name | usual endings |", "|---|---|---|"]
    for reader in READERS:
        endings = ", ".join(f"`{extension}`" for extension in reader.extensions)
        lines.append(f"| {reader.label} | `{reader.name}` | {endings} |")
    return "\n".join(lines)


def filled(text: str) -> str:
    """Return the README with the table between its marks."""
    block = f"<!-- formats -->\n{formats_table()}\n<!-- /formats -->"
    return re.sub(r"<!-- formats -->.*?<!-- /formats -->", lambda _: block, text, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
