"""Roll-up, noise, values, what decides that tensors are the same, and the reports."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inspector.core.analysis.comparison import Choices, Module, Result, Tolerance, result_of
from inspector.core.analysis.comparison.report_csv import write_csv
from inspector.core.analysis.comparison.report_html import write_html
from inspector.core.analysis.comparison.report_json import write_json
from inspector.core.analysis.comparison.words import (
    cosine_text,
    device_sentences,
    distance_text,
    module_sentences,
    summary_text,
    value_words,
)
from inspector.core.engine import ExecutorEngine
from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_safetensors, save_zip
from tests.core.analysis.comparison.training import Net, copied, run


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def result(a: Path, b: Path, engine: Any, **options: Any) -> Result:
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        return result_of(one, other, engine, **options)


def saved(a: Any, b: Any, folder: Path, engine: Any, **options: Any) -> Result:
    one, other = save_zip(folder / "a.pt", a), save_zip(folder / "b.pt", b)
    return result(one, other, engine, **options)


def modules(found: Result) -> dict[str, Module]:
    return {module.name: module for module in found.modules}


def values(found: Result) -> dict[str, tuple[str, str, str]]:
    return {
        "/".join(map(str, one.path)): (one.change, value_words(one.a), value_words(one.b))
        for one in found.values
    }


# ---- roll-up -------------------------------------------------------------------------------


def test_frozen_means_that_no_weight_changed(tmp_path, threads) -> None:
    first, second = run(2, frozen=True)
    found = saved(first, second, tmp_path, threads)
    rolled = modules(found)
    assert rolled["model.backbone"].frozen
    assert rolled["model.backbone"].statistics == 6
    assert rolled["model.backbone"].statistics_same == 0
    assert not rolled["model.head"].frozen
    assert not rolled[""].frozen
    assert [*module_sentences(found)] == [
        "Frozen: model.backbone (8 tensors; 6 running statistics changed)"
    ]


def test_noise_is_not_frozen(tmp_path, threads) -> None:
    weights = {"a.weight": torch.ones(4), "b.weight": torch.ones(4)}
    moved = weights | {"b.weight": torch.full((4,), 1.001)}
    found = saved(weights, moved, tmp_path, threads, tolerance=Tolerance(rtol=0.1))
    assert [row.status for row in found.rows] == ["same", "noise"]
    rolled = modules(found)
    assert (rolled["a"].frozen, rolled["b"].frozen) == (True, False)


def test_modules_sum_up_what_is_below_them(tmp_path, threads) -> None:
    first, second = run(2)
    found = saved(first, second, tmp_path, threads)
    rolled = modules(found)
    assert [module.name for module in found.modules][:3] == ["", "model", "model.backbone"]
    for name, module in rolled.items():
        inside = f"{name}." if name else ""
        rows = [row for row in found.rows if row.pair.name.startswith(inside)]
        assert sum(module.statuses.values()) == module.tensors == len(rows)
        measures = [row.measures for row in rows if row.measures]
        assert module.changed == sum(one.changed for one in measures)
        assert module.elements == sum(one.elements for one in measures)


# ---- noise ---------------------------------------------------------------------------------


def test_noise_is_held_against_the_largest_value_of_the_tensor(tmp_path, threads) -> None:
    a = torch.tensor([100.0, 1.0, 0.0])
    b = torch.tensor([100.0, 1.0, 0.01])
    for tolerance, status in (
        (Tolerance(), "changed"),
        (Tolerance(rtol=1.1e-4), "noise"),
        (Tolerance(rtol=0.9e-4), "changed"),
        (Tolerance(atol=0.011), "noise"),
        (Tolerance(rtol=0.5e-4, atol=0.0051), "noise"),
    ):
        found = saved({"x": a}, {"x": b}, tmp_path, threads, tolerance=tolerance)
        assert found.rows[0].status == status
        assert bool(found.differing) == (status == "changed")


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_what_is_not_finite_is_never_noise(odd, tmp_path, threads) -> None:
    a, b = torch.ones(5), torch.ones(5)
    b[2] = odd
    for one, other in ((a, b), (b, a)):
        found = saved({"x": one}, {"x": other}, tmp_path, threads, tolerance=Tolerance(1, 1))
        assert found.rows[0].status == "changed"
    minus = torch.full((1,), -math.inf)
    found = saved({"x": minus}, {"x": -minus}, tmp_path, threads, tolerance=Tolerance(1, 1))
    assert found.rows[0].status == "changed"


# ---- what makes tensors the same -------------------------------------------------------------


def test_distances_that_nan_came_into_are_none(tmp_path, threads) -> None:
    state = Net().state_dict()
    later = copied(state)
    later["head.bias"][0] = math.nan
    later["backbone.0.bias"][0] = math.inf
    found = saved(state, later, tmp_path, threads)
    told = {row.pair.name: row.measures for row in found.rows if row.measures}
    assert distance_text(told["head.bias"], told["head.bias"].rel_l2) == "NaN"
    assert cosine_text(told["head.bias"]) == "NaN"
    assert distance_text(told["backbone.0.bias"], told["backbone.0.bias"].rel_l2) == "Inf"
    assert cosine_text(told["head.weight"]) == "1.000000"
    page = io.StringIO()
    write_html(found, page)
    assert "NaN" in page.getvalue()


def test_other_devices_are_said_and_are_no_difference(tmp_path, threads) -> None:
    state = Net().state_dict()
    a = save_zip(tmp_path / "a.pt", state)
    b = tmp_path / "b.pt"
    with zipfile.ZipFile(a) as whole, zipfile.ZipFile(b, "w") as moved:
        for member in whole.infolist():
            data = whole.read(member)
            if member.filename.endswith("/data.pkl"):
                data = data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:1")
            moved.writestr(member, data)
    found = result(a, b, threads)
    assert found.differing == []
    assert {row.note for row in found.rows} == {"saved on cpu, then cuda:1"}
    assert [*device_sentences(found)] == [f"Saved on cpu, then cuda:1: {len(state)} tensors"]
    assert [*device_sentences(result(a, a, threads))] == []


def test_indices_of_sparse_tensors_count(tmp_path, threads) -> None:
    dense = torch.zeros(4, 4)
    dense[0, 1] = dense[2, 2] = 3.0
    moved = torch.zeros(4, 4)
    moved[0, 2] = moved[2, 2] = 3.0
    a, b = dense.to_sparse(), moved.to_sparse()
    assert saved({"x": a}, {"x": a}, tmp_path, threads).rows[0].status == "same"
    row = saved({"x": a}, {"x": b}, tmp_path, threads).rows[0]
    assert row.status == "changed"
    assert "indices" in row.note


def test_meta_tensors_have_nothing_to_compare(tmp_path, threads) -> None:
    a = {"x": torch.empty(3, device="meta"), "y": torch.ones(1)}
    assert saved(a, a, tmp_path, threads).counts["same"] == 2
    assert saved(a, {"x": torch.ones(3)}, tmp_path, threads).rows[0].status == "unread"


# ---- values ----------------------------------------------------------------------------------


def test_values_of_epochs(tmp_path, threads) -> None:
    first, second = run(2)
    found = values(saved(first, second, tmp_path, threads))
    assert found["epoch"] == ("changed", "0", "1")
    assert found["optimizer/param_groups/0/lr"] == ("changed", "0.01", "0.005")
    assert set(found) == {"epoch", "loss", "optimizer/param_groups/0/lr"}


def test_values_come_go_and_change_their_type(tmp_path, threads) -> None:
    a = {"x": torch.ones(1), "n": 1, "gone": "x", "list": [1, 2], "nan": math.nan, "none": None}
    b = {"x": torch.ones(1), "n": 1.0, "new": {}, "list": [1, 2, 3], "nan": math.nan, "none": None}
    assert values(saved(a, b, tmp_path, threads)) == {
        "n": ("type", "1", "1.0"),
        "gone": ("removed", "x", "—"),
        "new": ("added", "—", "empty dict"),
        "list/2": ("added", "—", "3"),
    }


def test_versions_are_held_against_each_other_without_wrappers(tmp_path, threads) -> None:
    net = Net()
    for value in (nn.DataParallel(net).state_dict(), {"model": net.state_dict()}):
        assert values(saved(net.state_dict(), value, tmp_path, threads)) == {}
    prefixed = nn.ModuleDict({"trunk": net}).state_dict()
    assert saved(net.state_dict(), prefixed, tmp_path, threads).counts["same"] == 16


def test_values_below_the_roots_belong_together(tmp_path, threads) -> None:
    weights = {"w": torch.ones(2), "v": torch.ones(3), "u": torch.ones(1)}
    a = {"model": {**weights, "version": 1}, "epoch": 3}
    found = values(saved(a, {**weights, "version": 2}, tmp_path, threads))
    assert found["model/version"] == ("changed", "1", "2")
    assert found["epoch"] == ("removed", "3", "—")


def test_values_only(tmp_path, threads) -> None:
    first, second = run(2)
    found = saved(first, second, tmp_path, threads, tensors=False)
    assert found.rows == ()
    assert "epoch" in values(found)


# ---- reports -----------------------------------------------------------------------------------

NASTY = '<script>alert("1")</script>&amp;\x1b[31m\u202e'


@pytest.fixture
def nasty(tmp_path: Path, threads: ExecutorEngine) -> Result:
    """A result with every status, and names that want to break out."""
    base = {
        "same": torch.ones(2),
        "changed": torch.ones(70),
        "shape": torch.ones(2),
        "cast": torch.ones(9),
        "gone": torch.arange(3.0),
        NASTY: torch.ones(4),
        "=formula": torch.ones(5),
        "moved": torch.arange(11.0),
        "order": torch.arange(12.0),
        "epoch": NASTY,
        "nan": math.nan,
        "inf": 1,
    }
    other = base | {
        "changed": torch.full((70,), math.nan),
        "shape": torch.ones(3),
        "cast": torch.ones(9).half(),
        NASTY: torch.zeros(4),
        "=formula": torch.zeros(5),
        "elsewhere": torch.arange(11.0),
        "new": torch.ones(1),
        "later": torch.arange(12.0) + 1,
        "epoch": NASTY + "2",
        "inf": math.inf,
    }
    for name in ("gone", "moved", "order"):
        del other[name]
    return saved(base, other, tmp_path, threads)


class Page(HTMLParser):
    """Collects the elements and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_runs_nothing(nasty: Result) -> None:
    stream = io.StringIO()
    write_html(nasty, stream)
    page = Page()
    page.feed(stream.getvalue())
    assert not page.tags & {"script", "link", "img", "iframe", "object", "a"}
    assert not {name for name in page.names if name.startswith("on")}
    assert not page.names & {"src", "href"}
    assert not re.search(r"url\(|@import|https?:", stream.getvalue())
    assert '<script>alert("1")</script>&amp;\\x1b[31m\\u202e' in page.text
    assert "May have been renamed" in page.text
    assert "prefers-color-scheme: dark" in stream.getvalue()


def test_json_is_that_of_the_contract(nasty: Result) -> None:
    stream = io.StringIO()
    write_json(nasty, stream)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    document = json.loads(stream.getvalue(), parse_constant=refuse)
    assert document["schema"] == 1
    known = {"same", "changed", "added", "removed", "renamed", "shape", "dtype"}
    assert known <= set(document["summary"])
    for status, number in document["summary"].items():
        assert number == sum(row["status"] == status for row in document["tensors"])
    rows = {row["name"]: row for row in document["tensors"]}
    wanted = {"a", "b", "status", "max_abs", "rel_l2", "cosine", "changed_fraction"}
    assert all(wanted <= set(row) for row in document["tensors"])
    assert rows["gone"]["b"] is None
    assert rows["new"]["a"] is None
    assert rows["moved"]["b"] == ["elsewhere"]
    assert rows["changed"]["nan_born"] == 70
    assert rows["changed"]["left_out"] >= 70
    assert rows["changed"]["max_abs"] is None
    assert rows["same"]["max_abs"] == 0
    changes = {row["path"][0]: row for row in document["values"]}
    assert changes["inf"]["a"] == 1
    assert changes["inf"]["b"] == "inf"
    assert changes["epoch"]["b"] == NASTY + "2"
    assert {"a": ["order"], "b": ["later"]}.items() <= document["rename_candidates"][0].items()


def test_csv_has_a_line_for_each_and_no_formula(nasty: Result) -> None:
    stream = io.StringIO()
    write_csv(nasty, stream)
    lines = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert len(lines) == len(nasty.rows) + len(nasty.values)
    by_name = {line["name"]: line for line in lines}
    assert by_name["'=formula"]["status"] == "changed"
    assert by_name["epoch"]["kind"] == "value"
    assert float(by_name["same"]["rel_l2"]) == 0


def test_the_summary_counts_rows_once(nasty: Result) -> None:
    assert nasty.counts["renamed"] == 1
    assert summary_text(nasty).startswith(f"{len(nasty.rows)} tensors: ")


def test_safetensors_have_no_versions_to_miss(tmp_path, threads) -> None:
    state = Net().state_dict()
    assert state._metadata
    found = result(
        save_zip(tmp_path / "a.pt", state),
        save_safetensors(tmp_path / "b.safetensors", dict(state)),
        threads,
        choices=Choices(),
    )
    assert found.counts["same"] == len(state)
    assert found.values == ()


def test_plain_dicts_have_no_versions_to_miss(tmp_path, threads) -> None:
    state = Net().state_dict()
    a = save_zip(tmp_path / "a.pt", {"epoch": 3, "model": state})
    for plain in (dict(state), {"epoch": 3, "model": dict(state)}):
        found = result(a, save_zip(tmp_path / "b.pt", plain), threads, choices=Choices())
        assert found.counts["same"] == len(state)
        assert [value.path[-1] for value in found.values if value.change != "same"] in (
            ["epoch"],
            [],
        )
    other = Net().state_dict()
    other._metadata[""]["version"] = 2
    found = result(a, save_zip(tmp_path / "c.pt", other), threads, choices=Choices())
    assert "version" in [value.path[-1] for value in found.values]
