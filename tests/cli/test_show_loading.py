"""What `inspector show` says about loading a file elsewhere."""

import json

import pytest

from inspector.cli.main import main


@pytest.fixture
def shown(training, capsys):
    def show(*options):
        main(["show", str(training), *options])
        return capsys.readouterr().out

    return show


def test_people_get_a_few_lines_below_the_tree(shown):
    tree, _, section = shown().partition("\nLoading\n")
    assert "optimizer" in tree
    assert "opens it with weights_only=True" in section
    assert "To go on training there are: weights, optimizer, epoch or step." in section
    assert len(section.splitlines()) < 10


def test_a_choice_of_tensors_is_shown_alone(shown):
    assert "Loading" not in shown("--include", "*.weight")


def test_programs_get_everything(shown, training):
    loading = json.loads(shown("--json"))["loading"]
    assert loading["weights_only"] == {"loads": True, "refused": [], "reasons": []}
    assert loading["classes"] == []
    assert loading["devices"] == ["cpu"]
    assert isinstance(loading["notes"], list)
    assert loading["resume"]["present"] == [
        {"role": "model", "path": ["model"]},
        {"role": "optimizer", "path": ["optimizer"]},
        {"role": "progress", "path": ["epoch"]},
    ]
    assert loading["resume"]["missing"] == ["scheduler", "scaler", "rng"]
    compile(loading["code"], "code", "exec")
    assert training.name in loading["code"]
