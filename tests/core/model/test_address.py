"""Addresses of places in a file: what is printed is read back, whatever the keys are."""

import math
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.model import Attribute, Prefix
from inspector.core.model.address import (
    Address,
    BadAddress,
    parse_address,
    parse_path,
    print_address,
)
from inspector.core.model.path import OpaqueKey


def nowhere(file: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        (("model", "layers.0.weight"), "model/layers.0.weight"),
        (("state", 0, "exp_avg"), "state/0/exp_avg"),
        (("state", "0"), "state/'0'"),
        ((Attribute("encoder"), "weight"), ".encoder/weight"),
        (("model", Prefix("layers.0.")), "model/layers.0.*"),
        (("a/b", 1.5, ("t", 2)), "'a/b'/(1.5)/(('t', 2))"),
        (("a::b",), r"'a:\x3ab'"),
        (("",), "''"),
        ((None, True, b"x"), "(None)/(True)/(b'x')"),
        ((OpaqueKey("<obj>"),), "~'<obj>'"),
        (("weird\n",), r"'weird\n'"),
        (("größe",), "größe"),
        ((" a",), "' a'"),
    ],
)
def test_spelling(path, printed):
    assert print_address(Address("f.pt", path)) == f"f.pt::{printed}"
    found = parse_address(f"f.pt::{printed}", nowhere)
    assert found == Address("f.pt", path)
    assert [type(key) for key in found.path] == [type(key) for key in path]


def test_the_name_of_a_file_with_a_path_may_be_made_absolute():
    path = ("a//b", "x/./y", ".", "..", "c/")
    address = print_address(Address("f.pt", path))
    assert parse_address(str(PurePosixPath("/tmp", address)), nowhere) == ("/tmp/f.pt", path)


def test_files():
    assert parse_address("a.pt", nowhere) == Address("a.pt")
    assert parse_address("C:\\a.pt::x", nowhere) == Address("C:\\a.pt", ("x",))
    assert parse_address("od::d.pt", lambda file: file == "od::d.pt") == Address("od::d.pt")
    assert parse_address(print_address(Address("od::d.pt")), nowhere) == Address("od::d.pt")
    assert parse_address("a.pt::", nowhere) == Address("a.pt")


def test_numbers_that_are_no_numbers():
    (found,) = parse_path("(nan)")
    assert math.isnan(found)
    assert parse_path("(inf)/(-inf)") == (math.inf, -math.inf)


@pytest.mark.parametrize(
    "text", ["a//b", "/a", "a/", "'a", "'a'b", "(open", "()x", "*", ".", "~a", "'a'/"]
)
def test_what_is_no_path_says_so(text):
    with pytest.raises(BadAddress):
        parse_path(text)


texts = st.text(max_size=12) | st.sampled_from(
    [
        "a.b",
        "::",
        ":",
        "/",
        "'",
        '"',
        "\\",
        "(",
        ")",
        "*",
        "0",
        "-1",
        ".",
        "~",
        "a::",
        "::a",
        "\ud800",
    ]
)
simple = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.binary(max_size=4)
    | texts
    | texts.map(Attribute)
    | texts.map(OpaqueKey)
    | texts.map(Prefix)
)
keys = simple | st.tuples(st.integers(), texts) | st.tuples(texts)


@given(st.lists(keys, max_size=4).map(tuple), st.sampled_from(["f.pt", "/a b/f::g.pt", "C:\\x.pt"]))
def test_every_path_comes_back(path, file):
    found = parse_address(print_address(Address(file, path)), nowhere)
    assert found == Address(file, path)
    assert [type(key) for key in found.path] == [type(key) for key in path]
