"""Trees of every shape, with keys that recognisers look for where they mean nothing."""

from __future__ import annotations

from hypothesis import strategies as st

from inspector.core.model import Attribute, Node, Storage, Tensor, dtype_named

TENSOR = Tensor(dtype_named("float32"), (2, 2), (2, 1), 0, Storage("0", "cpu", 16))
KEYS = st.one_of(
    st.sampled_from(
        ["model", "state_dict", "optimizer", "state", "param_groups", "epoch", "meta", "args",
         "callbacks", "pytorch-lightning_version", "teacher", "student", "opt", "scheduler",
         "train_args", "version", "hyper_parameters", "ema", "metric_tracker", "module",
         "model.diffusion_model.a", "a.lora_A.weight", "metadata", "config", "rng_state",
         "optimizer_state_dict", "optimizer_history", "best_fitness", "names", "loss", "lr"]
    ),
    st.text(max_size=4),
    st.integers(),
    st.none(),
    st.booleans(),
    st.binary(max_size=2),
    st.tuples(st.integers()),
    st.text(max_size=3).map(Attribute),
)  # fmt: skip
LEAVES = st.one_of(
    st.builds(lambda k, v: Node(k, "value", type(v).__name__, v), KEYS,
              st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
                        st.binary(max_size=3))),
    st.builds(lambda k, s: Node(k, "tensor", "Tensor", TENSOR._replace(shape=s, stride=s)), KEYS,
              st.lists(st.integers(0, 5), max_size=5).map(tuple)),
    st.builds(lambda k: Node(k, "reference", "", ("model",)), KEYS),
    st.builds(lambda k: Node(k, "global", "os.system"), KEYS),
    st.builds(lambda k: Node(k, "cut", "", "too deep"), KEYS),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda key, kind, name, children: Node(key, kind, name, None, tuple(children)),
        KEYS,
        st.sampled_from(["mapping", "sequence", "module", "object"]),
        st.sampled_from(["dict", "collections.OrderedDict", "a.TrainingArguments", "fastai.x"]),
        st.lists(inner, max_size=6),
    ),
    max_leaves=25,
)
