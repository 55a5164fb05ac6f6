import pytest

from inspector.gui.theme.colour_scales import LEVELS, lightness, odd_colour, scale_colours, steps


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("diverging", [False, True])
def test_equal_steps_look_equally_large(diverging: bool, dark: bool) -> None:
    colours = scale_colours(diverging=diverging, dark=dark)
    assert len(colours) == LEVELS
    middle = LEVELS // 2 if diverging else 0
    halves = [colours[middle:]] if not diverging else [colours[middle::-1], colours[middle:]]
    for half in halves:
        apart = steps(half[::8])
        assert max(apart) < 1.5 * min(apart)
        light = [lightness(colour) for colour in half[::8]]
        assert light == sorted(light, reverse=not dark)
    if diverging:
        assert abs(lightness(colours[0]) - lightness(colours[-1])) < 0.06


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_no_number_has_a_colour_of_its_own(dark: bool) -> None:
    odd = odd_colour(dark=dark)
    for diverging in (False, True):
        for colour in scale_colours(diverging=diverging, dark=dark):
            assert steps((odd, colour))[0] > 0.1
