"""The pictures a desktop is given: the right sizes, and drawn from their SVG."""

import importlib.util
import struct
from types import ModuleType

import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from inspector.core.integration.icons import SIZES, icns, ico, picture
from inspector.core.resources import resource


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_sizes", resource("icons/desktop/make_sizes.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["app", "checkpoint"])
def test_a_picture_is_what_its_svg_draws(
    name: str, size: int, drawing: ModuleType, qapp: QGuiApplication
) -> None:
    there = QImage.fromData(picture(name, size))
    drawn = drawing.draw(name, size).convertToFormat(there.format())
    assert there.size() == drawn.size()
    step = max(1, size // 32)
    for x in range(0, size, step):
        for y in range(0, size, step):
            ours, theirs = there.pixelColor(x, y), drawn.pixelColor(x, y)
            if theirs.alpha() > 8:  # colours of what is almost not there are not kept
                assert all(abs(a - b) <= 24 for a, b in pairs(ours, theirs)), (x, y)


def pairs(ours: QColor, theirs: QColor) -> list[tuple[int, int]]:
    return [
        (ours.red(), theirs.red()),
        (ours.green(), theirs.green()),
        (ours.blue(), theirs.blue()),
        (ours.alpha(), theirs.alpha()),
    ]


def test_ico_holds_pictures_that_can_be_found() -> None:
    content = ico("app")
    count = struct.unpack_from("<HHH", content)[2]
    end = 6 + 16 * count
    for number in range(count):
        side, _, _, _, _, _, length, offset = struct.unpack_from(
            "<BBBBHHII", content, 6 + 16 * number
        )
        assert offset == end
        end += length
        assert content[offset:end] == picture("app", side or 256)
    assert end == len(content)


def test_icns_holds_pictures_that_can_be_found() -> None:
    content = icns("checkpoint")
    assert content[:4] == b"icns"
    assert int.from_bytes(content[4:8], "big") == len(content)
    position, sizes = 8, []
    while position < len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "big")
        png = content[position + 8 : position + length]
        sizes.append(int.from_bytes(png[16:20], "big"))
        position += length
    assert sizes == [16, 32, 64, 128, 256, 512]
