import pytest

from inspector.core.model import Node
from inspector.gui.viewers import Subject
from inspector.gui.viewers.base import UNSUITED
from inspector.gui.viewers.text import TextViewer
from tests.gui.trees import mapping, tensor, value


@pytest.fixture
def viewer(context, qtbot):
    made = TextViewer(context)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def subject(make_checkpoint):
    def make(content: object, texts: dict[str, str] | None = None) -> Subject:
        node = content if isinstance(content, Node) else value("v", content)
        return Subject(make_checkpoint(mapping("", node), (), texts), node, (node.key,))

    return make


def test_what_it_applies_to(subject):
    fits = {
        name: TextViewer.priority(subject(content)) > UNSUITED
        for name, content in {
            "text": "a",
            "bytes": b"a",
            "int": 1,
            "huge int": 10**100,
            "float": 1.5,
            "none": None,
            "bool": True,
            "tensor": tensor("t", 1),
        }.items()
    }
    assert [name for name, fit in fits.items() if fit] == ["text", "bytes", "huge int"]


def test_long_text_is_preferred_to_the_summary(subject):
    assert TextViewer.priority(subject("a\nb")) > TextViewer.priority(subject("a"))


def test_markup_is_shown_as_it_is(viewer, subject):
    viewer.show_subject(subject("<b>bold</b>\n\tnext \u202eline"))
    assert viewer.view.toPlainText() == "<b>bold</b>\n\tnext \\u202eline"
    assert not viewer.note.isVisibleTo(viewer)


def test_big_texts_are_shown_in_part_with_a_note(viewer, subject):
    viewer.show_subject(subject("0123456789\n" * 100_000))
    assert len(viewer.view.toPlainText()) == 200_000
    assert "first" in viewer.note.plain()


def test_endless_lines_are_cut(viewer, subject):
    viewer.show_subject(subject("x" * 10**6))
    assert len(viewer.view.toPlainText()) == 10_000
    assert viewer.note.isVisibleTo(viewer)


def test_source_code_that_the_file_carries(viewer, subject):
    node = Node("net", "module", "models.Net")
    code = "class Net:\n    pass\n"
    shown = subject(node, {"models.Net": code})
    assert TextViewer.priority(shown) > UNSUITED
    viewer.show_subject(shown)
    assert viewer.view.toPlainText() == code
    assert viewer.view.margin_width() > 0
    assert "file carries" in viewer.note.plain()


def test_a_number_that_python_refuses_to_print(viewer, subject):
    viewer.show_subject(subject(1 << 100_000))
    assert viewer.view.toPlainText().startswith("0x1000")
