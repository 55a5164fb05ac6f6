import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.gui.widgets.heat_lens import Lens

SIZES = st.integers(1, 100_000)
ROOM = st.floats(1, 4000)


@given(rows=SIZES, columns=SIZES, width=ROOM, height=ROOM)
def test_all_is_seen_at_first(rows: int, columns: int, width: float, height: float) -> None:
    lens = Lens(rows, columns, width, height)
    assert lens.seen == (0, 0, rows, columns)
    assert lens.size[0] <= width
    assert lens.size[1] <= height
    assert max(lens.fit) <= 48


@given(
    moves=st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 1), st.floats(0, 1)), max_size=6),
    rows=SIZES,
    columns=SIZES,
)
def test_zooming_and_moving_stay_on_the_plane(
    moves: list[tuple[float, float, float]], rows: int, columns: int
) -> None:
    lens = Lens(rows, columns, 400, 300)
    for factor, x, y in moves:
        lens = lens.zoomed(factor, x * 400, y * 300).moved((x - 0.5) * 900, (y - 0.5) * 900)
        top, left, bottom, right = lens.seen
        assert 0 <= top < bottom <= rows
        assert 0 <= left < right <= columns
        assert lens.zoom >= 1


def test_what_is_under_the_mouse_stays_there() -> None:
    lens = Lens(1000, 1000, 500, 500)
    closer = lens.zoomed(8, 200, 300)
    assert lens.element(200, 300) == closer.element(200, 300) == (600, 400)
    assert Lens(1000, 1000, 500, 500) == closer.zoomed(1 / 100, 7, 7)


def test_ribbons_become_wide_enough_and_end_in_squares() -> None:
    lens = Lens(50_257, 64, 400, 300)
    assert lens.size[0] == pytest.approx(400 / 3)
    for _ in range(60):
        lens = lens.zoomed(1.5, 10, 10)
    assert lens.scale == (64, 64)


def test_as_little_as_needed_is_moved_to_see_an_element() -> None:
    lens = Lens(100, 100, 500, 500).zoomed(4, 0, 0)
    assert lens.towards(3, 3) == lens
    moved = lens.towards(60, 3)
    assert moved.seen[2] == 61
    assert moved.column == 0
    assert moved.towards(2, 99).seen[0] == 2
