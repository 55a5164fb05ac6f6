"""A treemap: areas are shares, small ones are merged and say so, mouse and keys lead somewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from inspector.gui.widgets.squares import Box, Part, arranged, squarified
from inspector.gui.widgets.treemap import Treemap

AREA = Box(0.0, 0.0, 400.0, 300.0)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60))
def test_areas_are_in_proportion_and_fill_the_box(sizes):
    sizes.sort(reverse=True)
    boxes = squarified(sizes, AREA)
    whole = sum(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.area == pytest.approx(AREA.area * size / whole, rel=1e-6, abs=1e-6)
        assert box.left >= -1e-6
        assert box.left + box.width <= AREA.width + 1e-3
        assert box.top + box.height <= AREA.height + 1e-3


def test_tiles_are_rather_square():
    boxes = squarified([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert max(max(b.width / b.height, b.height / b.width) for b in boxes) < 3.1


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 10**9)), min_size=1))
def test_nothing_is_lost_when_small_parts_are_merged(pairs):
    parts = [Part(group, str(n), size, n) for n, (group, size) in enumerate(pairs)]
    tiles, _ = arranged(parts, AREA)
    assert sum(tile.part.nbytes for tile in tiles) == sum(part.nbytes for part in parts)
    assert sum(tile.part.members for tile in tiles) == len(parts)
    assert all(tile.part.target is None for tile in tiles if tile.part.members > 1)


@pytest.fixture
def treemap(context, qtbot):
    made = Treemap(context.theme)
    qtbot.addWidget(made)
    made.resize(400, 300)
    parts = [Part("left", "big", 6_000, "left.big"), Part("left", "small", 2_000, "left.small")]
    parts += [Part("right", "", 4_000, "right"), Part("none", "empty", 0, "none")]
    parts += [Part("left", f"tiny.{n}", 1, n) for n in range(50)]
    made.show_parts(parts)
    with qtbot.waitExposed(made):
        made.show()
    return made


def names(treemap):
    return [tile.part.name or tile.part.group for tile in treemap.tiles]


def test_thousands_become_one_tile_that_says_how_many(treemap):
    assert sorted(names(treemap)) == ["big", "left", "right", "small"]
    other = next(n for n, tile in enumerate(treemap.tiles) if tile.part.members == 50)
    assert treemap.describe(other) == "50 smaller ones of left\n50 B · 0.4 % together"
    assert treemap.describe(names(treemap).index("big")) == "left.big\n6.00 kB · 49.8 %"


def test_a_click_leads_to_the_part(treemap, qtbot):
    number = names(treemap).index("right")
    place = treemap.tiles[number].box
    middle = QPoint(int(place.left + place.width / 2), int(place.top + place.height / 2))
    with qtbot.waitSignal(treemap.chosen) as chosen:
        qtbot.mouseClick(treemap, Qt.MouseButton.LeftButton, pos=middle)
    assert chosen.args == ["right"]


def test_arrows_go_to_the_neighbour_and_enter_chooses_it(treemap, qtbot):
    qtbot.keyClick(treemap, Qt.Key.Key_Home)
    assert names(treemap)[treemap.current] == "big"
    reached = {treemap.current}
    pending = [treemap.current]
    ways = {Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Down: (0, 1)}
    while pending:
        start = pending.pop()
        for key, (across, down) in (ways | {Qt.Key.Key_Up: (0, -1)}).items():
            treemap.current = start
            qtbot.keyClick(treemap, key)
            here, there = treemap.tiles[start].box, treemap.tiles[treemap.current].box
            assert (there.left - here.left) * across + (there.top - here.top) * down >= 0
            if treemap.current not in reached:
                reached.add(treemap.current)
                pending.append(treemap.current)
    assert reached == set(range(len(treemap.tiles)))
    qtbot.keyClick(treemap, Qt.Key.Key_Home)
    with qtbot.waitSignal(treemap.chosen) as chosen:
        qtbot.keyClick(treemap, Qt.Key.Key_Return)
    assert chosen.args == ["left.big"]
    assert treemap.accessibleDescription() == "left.big, 6.00 kB · 49.8 %"


def test_a_merged_tile_leads_nowhere(treemap, qtbot):
    treemap.current = next(n for n, tile in enumerate(treemap.tiles) if tile.part.members > 1)
    with qtbot.assertNotEmitted(treemap.chosen):
        qtbot.keyClick(treemap, Qt.Key.Key_Return)


def test_light_and_dark_differ_and_nothing_at_all_can_be_drawn(treemap, context):
    context.theme.choose("light")
    light = treemap.grab().toImage()
    context.theme.choose("dark")
    assert treemap.grab().toImage() != light
    treemap.show_parts([])
    assert treemap.tiles == []
    assert isinstance(treemap.grab().toImage(), QImage)


def test_what_fills_nearly_everything_keeps_its_name():
    small = [Part(f"small{n}", "", 10, (f"small{n}",)) for n in range(9)]
    tiles, _ = arranged([*small, Part("huge", "", 10**12, ("huge",))], Box(0, 0, 400, 300))
    assert [(tile.part.target, tile.part.members) for tile in tiles] == [(("huge",), 1), (None, 9)]
    assert tiles[0].part.nbytes == 10**12
    assert tiles[0].box.area + tiles[1].box.area == pytest.approx(398 * 298)
