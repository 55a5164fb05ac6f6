"""What is compared survives being kept, and being typed as a command."""

from __future__ import annotations

import json

import pytest

from inspector.cli.diff import command
from inspector.core.analysis.comparison import (
    Choices,
    CompareRequest,
    PairRequest,
    SeriesRequest,
    Tolerance,
)
from inspector.core.analysis.comparison.request import packed, unpacked
from inspector.core.model.address import parse_path

REQUESTS = [
    PairRequest("/a b.pt", "/b.pt"),
    PairRequest("/odd::name.pt", "https://host/b.pt"),
    PairRequest("/a.pt", "/b.pt", Choices(False, False), Tolerance(1e-6, 0.5)),
    PairRequest("/a.pt", "/b.pt", Choices(True, False, (), ("model", 0, "x/y"))),
    PairRequest("/a.pt", "/b.pt", Choices(False, True)),
    SeriesRequest(("/1.pt", "/2.pt", "/3.pt")),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_kept_request_comes_back(request_: CompareRequest) -> None:
    assert unpacked(json.loads(json.dumps(packed(request_)))) == request_


@pytest.mark.parametrize("request_", [one for one in REQUESTS if isinstance(one, PairRequest)])
def test_the_command_says_the_same(request_: PairRequest) -> None:
    words = request_.command()
    assert words[:2] == ["inspector", "diff"]
    told = command.make_context("diff", words[2:]).params
    assert told["gui"]
    choices = request_.choices
    assert (told["rtol"], told["atol"]) == request_.tolerance
    assert (told["at_a"], told["at_b"]) == (choices.root_a, choices.root_b)
    assert told["no_prefixes"] == (not choices.wrappers and not choices.prefixes)
    through = {(True, False): "wrappers", (False, True): "prefixes"}
    assert told["through"] == through.get((choices.wrappers, choices.prefixes))


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"pair": ["/a.pt"]},
        {"pair": ["/a.pt", 3]},
        {"pair": ["/a.pt", "/b\0.pt"]},
        {"pair": ["/a.pt", "/b.pt"], "root_a": 5},
        {"pair": ["/a.pt", "/b.pt"], "root_a": "a//b"},
        {"pair": ["/a.pt", "/b.pt"], "rtol": "many"},
        {"pair": ["/a.pt", "/b.pt"], "atol": -1},
        {"series": []},
        {"series": "/a.pt"},
    ],
)
def test_what_others_wrote_is_refused(found: object) -> None:
    assert unpacked(found) is None


def test_an_empty_path_is_the_whole_file() -> None:
    assert parse_path("") == ()
