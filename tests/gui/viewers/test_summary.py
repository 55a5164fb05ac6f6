from PySide6.QtCore import Qt

from inspector.core.analysis.health import MEANINGS
from inspector.core.model import Finding, index_findings
from inspector.gui.viewers import Subject
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.widgets.labels import PlainLabel
from tests.gui.trees import mapping, tensor, training_tree


def test_facts_of_a_tensor_and_its_path(context, qtbot, make_checkpoint):
    tree = training_tree()
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    path = ("model", "layer.10.weight")
    viewer.show_subject(Subject(make_checkpoint(tree), tree.children[1].children[0], path))
    facts = dict(viewer.grid.facts())
    assert facts["Shape"] == "64 × 3 × 7 × 7"
    assert facts["Dtype"] == "float32"
    assert facts["Path"] == "checkpoint['model']['layer.10.weight']"


def test_a_tensor_says_what_it_is_of_which_layer(context, qtbot, make_checkpoint):
    tree = mapping("", mapping("model", tensor("fc.weight", 2048, 640), tensor("fc.bias", 2048)))
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    for number, name in enumerate(("weight", "bias")):
        node = tree.children[0].children[number]
        path = ("model", f"fc.{name}")
        viewer.show_subject(Subject(make_checkpoint(tree), node, path))
        assert dict(viewer.grid.facts())["Layer"] == f"{name} of ≈ Linear 640 → 2048, bias"


def test_the_whole_checkpoint_lists_its_findings_the_worst_first(context, qtbot, make_checkpoint):
    tree = training_tree()
    findings = (
        Finding("a", "info", "A note."),
        Finding("b", "error", "<b>An error.</b>", ("model", "layer.2.bias")),
    )
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    checkpoint = make_checkpoint(tree, findings)
    found = index_findings(findings)
    viewer.show_subject(Subject(checkpoint, tree, (), findings=found))
    assert viewer.findings.messages() == ["<b>An error.</b>", "A note."]
    jumps: list[object] = []
    viewer.jump_requested.connect(jumps.append)
    viewer.findings.jump_buttons()[0].click()
    assert jumps == [("model", "layer.2.bias")]
    viewer.show_subject(Subject(checkpoint, tree.children[0], ("epoch",), findings=found))
    assert viewer.findings.messages() == []
    viewer.show_subject(Subject(checkpoint, tree.children[1], ("model",), findings=found))
    assert viewer.findings.messages() == ["<b>An error.</b>"]


def test_a_finding_says_what_it_means_where_it_is_and_in_a_tip_elsewhere(
    context, qtbot, make_checkpoint
):
    tree = training_tree()
    path = ("model", "layer.10.weight")
    meaning = MEANINGS["dead-rows"]
    found = index_findings((Finding("dead-rows", "warning", "1 of 64 rows is all zero.", path),))
    checkpoint = make_checkpoint(tree)
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    viewer.show_subject(Subject(checkpoint, tree, (), findings=found))
    assert not [one for one in viewer.findings.findChildren(PlainLabel) if one.plain() == meaning]
    message = next(one for one in viewer.findings.findChildren(PlainLabel) if one.toolTip())
    assert "a unit that died behind a ReLU" in message.toolTip()
    viewer.show_subject(Subject(checkpoint, tree.children[1].children[0], path, findings=found))
    assert [one for one in viewer.findings.findChildren(PlainLabel) if one.plain() == meaning]


def test_strings_of_a_file_are_never_rich_text(context, qtbot, make_checkpoint):
    html = "<img src=x onerror=alert(1)>"
    tree = mapping("", tensor(html, 1, device=html))
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    finding = Finding("x", "warning", html, (html,))
    node, found = tree.children[0], index_findings((finding,))
    viewer.show_subject(Subject(make_checkpoint(tree), node, (html,), findings=found))
    labels = viewer.findChildren(PlainLabel)
    assert any(html in label.plain() for label in labels)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_many_findings_come_a_few_at_a_time(context, qtbot, make_checkpoint):
    findings = tuple(Finding("x", "info", f"Note {n}.", ()) for n in range(20))
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    viewer.resize(400, 600)
    viewer.show()
    with qtbot.waitActive(viewer):
        viewer.activateWindow()
    tree = mapping("", tensor("a"))
    found = index_findings(findings)
    viewer.show_subject(Subject(make_checkpoint(tree, findings), tree, (), findings=found))
    listed = viewer.findings
    assert listed.messages() == [f"Note {n}." for n in range(8)]
    assert listed.more.text() == "Show 8 more of 12"
    listed.more.setFocus()
    qtbot.keyClick(listed.more, Qt.Key.Key_Space)
    assert len(listed.messages()) == 16
    assert listed.more.text() == "Show 4 more of 4"
    focused = viewer.focusWidget()
    assert isinstance(focused, PlainLabel)
    assert focused.plain() == "Note 8."
    qtbot.mouseClick(listed.more, Qt.MouseButton.LeftButton)
    assert listed.messages() == [f"Note {n}." for n in range(20)]
    assert not listed.more.isVisible()
