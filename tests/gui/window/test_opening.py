from inspector.core.model import Node, measure
from inspector.gui.window.opening import first_look, node_at
from tests.gui.trees import mapping, tensor, training_tree, value


def names(tree: Node, state_dicts: tuple[tuple[object, ...], ...]) -> set[object]:
    expanded = first_look(tree, state_dicts, measure(tree).totals)
    found = set()
    pending = [tree]
    while pending:
        node = pending.pop()
        pending.extend(node.children)
        if id(node) in expanded:
            found.add(node.key)
    return found


def module(key: object, *children: Node) -> Node:
    return Node(key, "module", "torch.nn.modules.container.Sequential", None, children)


def test_the_weights_are_open():
    assert names(training_tree(), (("model",),)) == {"model"}


def test_a_lone_container_is_open():
    tree = mapping("", mapping("state", mapping("dict", tensor("w", 1), value("v", 1))))
    assert names(tree, ()) == {"state", "dict"}


def test_small_modules_are_open_to_their_parameters():
    layer = module("0", tensor("weight", 1), tensor("bias", 1))
    tree = module("", module("body", layer), module("head", tensor("weight", 1)))
    assert names(tree, ((),)) == {"body", "0", "head"}


def test_large_modules_are_open_as_far_as_they_fit():
    layers = (module(n, *(tensor(f"w{i}", 1) for i in range(10))) for n in range(50))
    tree = module("", module("body", *layers), module("head", tensor("weight", 1)))
    assert names(tree, ((),)) == {"body", "head"}


def test_branches_with_tensors_are_open_where_no_state_dict_is_known():
    states = mapping("state", mapping(0, tensor("exp_avg", 1)), mapping(1, tensor("exp_avg", 1)))
    tree = mapping("", mapping("optimizer", states, value("lr", 0.1)), mapping("log", value(0, 1)))
    assert names(tree, ()) == {"optimizer", "state", 0, 1}


def test_a_path_that_leads_nowhere_opens_nothing():
    assert names(training_tree(), (("gone", "x"),)) == set()
    assert node_at(training_tree(), ("model", "gone")) is None
    assert node_at(training_tree(), ("model", "layer.2.bias")) is not None
