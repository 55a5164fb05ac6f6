"""Short texts for people."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core import text


@pytest.mark.parametrize(
    ("nbytes", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (9_995, "10.0 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (2_000_000_000, "2.00 GB"),
        (10**15, "1.00 PB"),
        (10**18, "1.00 EB"),
        (10**22, "10000 EB"),
    ],
)
def test_sizes_have_three_digits(nbytes: int, expected: str) -> None:
    assert text.size(nbytes) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (999, "999"), (1234, "1.23 k"), (124_000_000, "124 M"), (7_000_000_000, "7.00 G")],
)
def test_counts_have_three_digits(number: int, expected: str) -> None:
    assert text.count(number) == expected


def test_no_number_is_too_large() -> None:
    assert text.size(1 << 5000)
    assert text.count(1 << 5000)
    assert text.exact(1 << 5000)


@given(st.integers(0, 10**18))
def test_sizes_are_close(nbytes: int) -> None:
    number, unit = text.size(nbytes).split()
    powers = {"B": 0, "kB": 3, "MB": 6, "GB": 9, "TB": 12, "PB": 15, "EB": 18}
    assert float(number) * 10 ** powers[unit] == pytest.approx(nbytes, rel=0.006)


def test_integers_in_full() -> None:
    assert text.exact(1234567) == "1\u202f234\u202f567"
    assert text.exact(12) == "12"


def test_plurals() -> None:
    assert text.plural(1, "tensor") == "1 tensor"
    assert text.plural(0, "entry") == "0 entries"
    assert text.plural(2000, "storage") == "2\u202f000 storages"


def test_shapes() -> None:
    assert text.shape((64, 3, 7, 7)) == "64 × 3 × 7 × 7"
    assert text.shape(()) == "scalar"


def test_printable_keeps_what_people_write() -> None:
    for words in ("layer.0.weight", "ключ", "重み", "🔑 é ß", "a b", "\\n"):
        assert text.printable(words) == words


@given(st.text(st.characters()))
def test_printable_is_one_harmless_line(untrusted: str) -> None:
    shown = text.printable(untrusted)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    for character in shown:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in ("LRE", "RLE", "LRO", "RLO", "PDF")
        assert unicodedata.bidirectional(character) not in ("LRI", "RLI", "FSI", "PDI")


def test_printable_can_be_short() -> None:
    assert text.printable("abcdef", 4) == "abc…"
    assert text.printable("abcd", 4) == "abcd"
    assert text.printable("\n" * 5, 3) == "\\n\\n…"


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [(2, "key", "2 keys"), (2, "entry", "2 entries"), (1, "entry", "1 entry")],
)
def test_plural_of_nouns_with_y(number, noun, words):
    assert text.plural(number, noun) == words
