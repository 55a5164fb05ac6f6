from inspector.core.model import Finding, FindingIndex, index_findings
from inspector.gui.window.banner import Banner


def test_headline_and_badges(context, qtbot):
    findings = [
        Finding("a", "warning", "W1"),
        Finding("b", "warning", "W2"),
        Finding("c", "error", "E"),
    ]
    banner = Banner(
        context.theme, "Training checkpoint · epoch 12 · Adam", index_findings(findings)
    )
    qtbot.addWidget(banner)
    assert banner.title.plain() == "Training checkpoint"
    assert banner.facts.plain() == "epoch 12 · Adam"
    assert [badge.text() for badge in banner.badges.values()] == ["1 error", "2 warnings"]
    with qtbot.waitSignal(banner.findings_requested):
        banner.badges["warning"].click()


def test_a_headline_of_one_part_has_no_second_line(context, qtbot):
    banner = Banner(context.theme, "Tensor", FindingIndex())
    qtbot.addWidget(banner)
    assert not banner.facts.isVisibleTo(banner)
    assert not banner.badges
