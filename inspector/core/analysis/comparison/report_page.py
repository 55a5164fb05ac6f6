"""What reports have in common: one HTML page, all of it inside, nothing fetched and nothing run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from inspector.core import text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c2128; --soft: #667; --line: #dde1e6;
  --raised: #f5f7f9; --same: #b9c2cc; --changed: #d97706; --grave: #c62839; --new: #2a8a4a;
  --other: #7c4dbd; --cool: #3577c8; }
@media (prefers-color-scheme: dark) { :root { --back: #16191d; --text: #e3e7eb; --soft: #98a2ad;
  --line: #31373e; --raised: #1f2429; --same: #59636e; --changed: #f0a03c; --grave: #f0707c;
  --new: #56c27a; --other: #b794f0; --cool: #74aef0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 28px 24px 60px; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 20px; line-height: 1.35; margin: 0 0 4px; overflow-wrap: anywhere; }
h1 span { color: var(--soft); font-weight: 400; }
h2 { font-size: 16px; margin: 34px 0 10px; }
p { margin: 4px 0; } .soft, small { color: var(--soft); }
.bar { border-radius: 5px; margin-top: 16px; display: block; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 22px;
  margin: 10px 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; background: var(--raised); }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; } td.k { font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: 12.5px; white-space: normal; overflow-wrap: anywhere; min-width: 220px; }
td.w { white-space: normal; overflow-wrap: anywhere; }
.tag { border-radius: 4px; padding: 1px 7px; font-size: 12px; border: 1px solid; }
.same, .noise { fill: var(--same); color: var(--soft); }
.changed { fill: var(--changed); color: var(--changed); }
.cast, .statistic, .optimizer, .random { fill: var(--cool); color: var(--cool); }
.added, .renamed { fill: var(--new); color: var(--new); }
.removed, .unread { fill: var(--grave); color: var(--grave); }
.shape, .dtype { fill: var(--other); color: var(--other); }
svg text { fill: var(--soft); font: 11px ui-sans-serif, system-ui, sans-serif; }
svg line { stroke: var(--line); }
polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.l0 { stroke: var(--cool); } .l1 { stroke: var(--changed); } .l2 { stroke: var(--new); }
.l3 { stroke: var(--other); } .l4 { stroke: var(--grave); } .l5 { stroke: var(--soft); }
circle { stroke: none; } .l0 circle { fill: var(--cool); } .l1 circle { fill: var(--changed); }
.l2 circle { fill: var(--new); } .l3 circle { fill: var(--other); }
.l4 circle { fill: var(--grave); } .l5 circle { fill: var(--soft); }
.legend svg { vertical-align: middle; } .alarm { color: var(--grave); font-weight: 600; }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 14px; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
details summary { cursor: pointer; color: var(--soft); margin: 8px 0; }
"""

END = "</body></html>\n"


def head(title: str, heading: str, subtitle: str) -> str:
    """Return the beginning of a page; all three are escaped already."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{heading}</h1>\n"
        f'<p class="soft">{subtitle}</p>\n'
    )


def table(
    titles: Sequence[str], sorts: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[str]:
    """Yield a table of cells that are escaped already; `sorts` has a class for each column."""
    head = "".join(
        f'<th class="{sort}">{title}</th>' for title, sort in zip(titles, sorts, strict=True)
    )
    yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n'
    for row in rows:
        cells = zip(row, sorts, strict=True)
        yield "<tr>" + "".join(f'<td class="{sort}">{cell}</td>' for cell, sort in cells)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"


def rest(number: int, noun: str) -> str:
    """Return how many are left out, if any are."""
    return f'<p class="soft">and {text.plural(number, noun)} more</p>\n' if number > 0 else ""


def safe(untrusted: str) -> str:
    """Return a text of a file as the page can show it."""
    return escape(text.printable(untrusted))
