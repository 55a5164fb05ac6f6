"""What matches, in each way to search."""

import pytest

from inspector.gui.tree.search import MODES, BadPattern, Mode, marked_part, matcher


def matches(pattern: str, mode: Mode, *path: object) -> bool:
    return matcher(pattern, mode, (("model",),))(path[:-1])(str(path[-1]))


@pytest.mark.parametrize(
    ("mode", "pattern", "found"),
    [
        ("auto", "LAYER.1", True),
        ("auto", "*.weight", True),
        ("auto", "model.layer", True),
        ("auto", "model/layer", True),
        ("auto", "model", False),
        ("substring", "*.weight", False),
        ("substring", "el.lay", True),
        ("glob", "layer.[12]0.weight", True),
        ("glob", "model/*weight", True),
        ("glob", "weight", False),
        ("regex", r"layer\.\d+\.weight$", True),
        ("regex", r"^layer", True),
        ("regex", r"^model.layer", True),
        ("regex", r"^weight", False),
        ("regex", r"^model", False),
        ("fuzzy", "l10w", True),
        ("fuzzy", "mlw", True),
        ("fuzzy", "lwx", False),
        ("fuzzy", "l 10 w", True),
    ],
)
def test_matches(mode: Mode, pattern: str, found: bool):
    assert matches(pattern, mode, "model", "layer.10.weight") is found


@pytest.mark.parametrize("pattern", ["(", "*a", "[", "(?P<x>a)(?P<x>b)", "a{99999999999}"])
def test_what_is_no_regular_expression_says_so(pattern: str):
    with pytest.raises(BadPattern, match="Not a regular expression"):
        matcher(pattern, "regex", ())


def test_an_expression_that_takes_forever_is_given_up():
    holds = matcher("(a|aa)+$", "regex", ())(())
    with pytest.raises(BadPattern, match="takes too long"):
        holds("a" * 60 + "!")


@pytest.mark.parametrize("pattern", ["(?:(?:a{1000}){1000}){1000}", "(" * 60 + "a" + "+)+" * 60])
def test_an_expression_that_would_fill_the_memory_is_refused(pattern: str):
    with pytest.raises(BadPattern, match="repeats"):
        matcher(pattern, "regex", ())


@pytest.mark.parametrize(
    "pattern", [r"\d{1,3}(\.\w+)*$", r"[(*]{2}|\({3}", "(a(b{2})+c)*", "x{,3}y"]
)
def test_usual_repeats_are_no_reason_to_refuse(pattern: str):
    assert matcher(pattern, "regex", ())(()) is not None


def test_only_plain_parts_are_pointed_out():
    assert marked_part("bias", "auto") == "bias"
    assert marked_part("*.bias", "auto") == ""
    assert marked_part("*.bias", "substring") == "*.bias"
    assert marked_part("b.as", "regex") == ""


def test_modes_are_told_apart():
    for column in zip(*MODES, strict=True):
        assert len(set(column)) == len(MODES)
