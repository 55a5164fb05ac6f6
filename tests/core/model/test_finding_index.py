"""An index finds the same as a walk through all findings, in the same order."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from inspector.core.model import RANKS, Finding, Path, index_findings

KEYS = st.sampled_from(["model", "0.weight", 0, True])
PATHS = st.lists(KEYS, max_size=3).map(tuple)
FINDINGS = st.lists(
    st.builds(Finding, st.just("x"), st.sampled_from(list(RANKS)), st.text(), PATHS)
)


@given(FINDINGS, PATHS)
def test_a_place_has_what_was_found_there_and_inside(findings: list[Finding], path: Path) -> None:
    ranked = sorted(findings, key=lambda finding: RANKS[finding.severity])
    index = index_findings(findings)
    assert list(index.every) == ranked
    assert list(index.at(path)) == [f for f in ranked if f.path[: len(path)] == path]


@given(FINDINGS)
def test_the_first_of_a_severity_are_counted_off(findings: list[Finding]) -> None:
    index = index_findings(findings)
    for severity, number in product(RANKS, range(4)):
        of_it = [finding for finding in findings if finding.severity == severity]
        assert list(index.first(severity, number)) == of_it[:number]
        assert index.counts[severity] == len(of_it)


def test_asking_for_a_place_without_findings_adds_nothing() -> None:
    index = index_findings([Finding("x", "info", "A note.", ("a",))])
    assert index.at(("b",)) == ()
    assert set(index.places) == {("a",)}
