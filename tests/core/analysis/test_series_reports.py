"""A series on paper: curves of what exists, gaps where it does not, and no markup from a file."""

from __future__ import annotations

import csv
import io
import json
import math
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from inspector.core.analysis.comparison.report_charts import line_chart, spark
from inspector.core.analysis.series import Series, series_of
from inspector.core.analysis.series_files import write_csv, write_json
from inspector.core.analysis.series_html import write_html
from inspector.core.analysis.series_words import health_sentence, snapshot_label
from inspector.core.engine import Engine

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def series(tmp_path: Path, engine: Engine) -> Series:
    """Train three epochs; the last one has a NaN, a tensor comes later, names are markup."""
    net = torch.nn.Linear(4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    files = []
    for epoch in range(3):
        loss = net(torch.ones(2, 4)).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = {key: value.clone() for key, value in net.state_dict().items()}
        if epoch:
            state[EVIL] = torch.full((2,), float(epoch))
        if epoch == 2:
            state["bias"][0] = math.nan
        files.append(tmp_path / f"epoch{epoch}.pt")
        torch.save({"epoch": epoch, "loss": loss.item(), "model": state}, files[-1])
    return series_of(map(str, files), engine)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


def test_the_page_has_curves_and_no_markup_of_a_file(series: Series) -> None:
    page = io.StringIO()
    write_html(series, page)
    tags = _Tags()
    tags.feed(page.getvalue())
    assert "script" not in tags.found
    assert tags.found.count("polyline") > 3
    assert "&lt;script&gt;" in page.getvalue()
    assert 'class="alarm"' in page.getvalue()
    assert health_sentence(series).startswith("NaN or Inf from epoch 2 on, in 1 tensor.")
    assert "http:" not in page.getvalue()


def test_tables_have_what_is_there(series: Series) -> None:
    rows = io.StringIO()
    write_csv(series, rows)
    found = list(csv.DictReader(io.StringIO(rows.getvalue())))
    evil = [row["place"] for row in found if row["tensor"].endswith(EVIL)]
    assert evil == ["1", "2"]
    document = io.StringIO()
    write_json(series, document)
    read = json.loads(document.getvalue())
    assert [one["facts"]["epoch"] for one in read["snapshots"]] == [0, 1, 2]
    name = next(name for name in read["curves"] if name.endswith(EVIL))
    assert read["curves"][name][0] is None
    assert read["last_without_nan"] == 1
    assert read["measured_over"] == "finite"
    bias = next(name for name in read["curves"] if name.endswith("bias"))
    assert [point["finite"] for point in read["curves"][bias]] == [3, 3, 2]
    assert [row["finite"] for row in found if row["tensor"] == bias] == ["3", "3", "2"]
    assert [snapshot_label(series, place) for place in (0, 2)] == ["epoch 0", "epoch 2"]


def test_curves_have_gaps_where_nothing_can_be_drawn() -> None:
    values = [1.0, 2.0, None, 3.0, math.nan, 5.0, 6.0]
    drawn = line_chart([("loss", values)], [str(n) for n in range(7)], "loss")
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 5
    assert line_chart([("nothing", [None, math.inf])], ["1", "2"], "nothing") == ""
    assert line_chart([("zero", [0.0, -1.0])], ["1", "2"], "zero", logarithmic=True) == ""
    assert "<circle" in line_chart([("flat", [2.0, 2.0])], ["1", "2"], "flat")
    assert spark([1.0]) == ""
    assert spark([1.0, 1.0]).count("<polyline") == 1
