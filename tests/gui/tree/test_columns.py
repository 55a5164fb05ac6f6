from inspector.core.model import Attribute, Node, measure, natural
from inspector.gui.tree.columns import COLUMNS, Known, array_bytes, key_text
from inspector.gui.tree.lines import Row
from tests.gui.trees import mapping, tensor, training_tree, value


def row(node: Node, within: Node | None = None) -> list[str]:
    known = Known(measure(within or node).totals)
    shown = [column for column in COLUMNS if not column.hidden]
    return [column.text(Row(node, None, 0, 0), known) for column in shown]


def test_a_tensor():
    node = tensor("w", 64, 3, 7, 7, device="cuda:0")
    assert row(node) == ["w", "64 × 3 × 7 × 7", "float32", "37.6 kB", "cuda:0", ""]


def test_a_container_adds_up():
    tree = training_tree()
    assert row(tree.children[1], tree) == ["model", "3 tensors", "dict", "38.0 kB", "", ""]
    assert row(mapping("empty")) == ["empty", "empty", "dict", "", "", ""]
    assert row(mapping("m", value("a", 1)))[1] == "1 entry"


def test_a_value_and_a_reference():
    tree = training_tree()
    assert row(tree.children[0]) == ["epoch", "12", "int", "", "", ""]
    assert row(tree.children[2])[1] == r"'first line\\nsecond line'".replace(r"\\n", "\\n")
    assert row(tree.children[3])[1] == "→ model / layer.2.weight"


def test_keys_that_could_be_misread_are_quoted():
    assert key_text("a.b") == "a.b"
    assert key_text("") == "''"
    assert key_text(" a") == "' a'"
    assert key_text(3) == "3"
    assert key_text(("a", 1)) == "('a', 1)"
    assert key_text(Attribute("training")) == "training"


def test_nothing_that_acts_on_the_screen_survives():
    node = Node("a\u202eb\n", "value", "x\u202e.y\u202e", "\u202e" * 3)
    assert not any("\u202e" in shown or "\n" in shown for shown in row(node))


def test_long_values_are_cut():
    assert len(row(value("v", "x" * 10**6))[1]) < 200


def test_natural_order():
    keys = ["layer.10.w", "layer.2.w", "Layer.1.w", 10, 9, "b"]
    assert sorted(keys, key=natural) == [9, 10, "b", "Layer.1.w", "layer.2.w", "layer.10.w"]


def test_bytes_of_numpy_arrays():
    assert array_bytes("float32", (2, 3)) == 24
    assert array_bytes("<f8", (2,)) == 16
    assert array_bytes("<U4", (2,)) == 32
    assert array_bytes("object", (2,)) is None


def test_a_long_list_of_numbers_says_what_it_holds():
    children = tuple(Node(n, "value", "int", n) for n in range(625))
    state, few = (Node("a", "sequence", "tuple", None, some) for some in (children, children[:3]))
    assert row(state)[1] == "625 integers: 0, 1, 2, 3, …"
    assert row(few)[1] == "3 items"
