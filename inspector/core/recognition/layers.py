"""What a layer probably is, by the names and shapes of its tensors: concluded, never read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from inspector.core.model import Tensor
from inspector.core.text import plural

Group = Mapping[str, Tensor]
"""The tensors of one layer, by the last step of their names: `weight`, `bias`."""

_EMBEDDINGS = re.compile(
    r"(^|_|\.)(w[tp]e|embed\w*|\w*embeddings?|embs?|emb_luts?|lookup|codebook)$"
)
_RECURRENT = re.compile(r"^weight_(ih|hh)(_l(\d+))?(_reverse)?$")
_GATES = {4: "LSTM", 3: "GRU", 1: "RNN"}
_MANY_TO_ONE = 4  # a table has far more rows than columns; a projection seldom has


def layer_text(group: Group, name: str = "") -> str:
    """Return `Linear 640 → 2048, bias` and the like; empty if nothing is certain enough.

    `name` is the layer's own name: tables of vectors have no other sign.
    """
    for test in _TESTS:
        found = test(group, name)
        if found:
            return found
    return ""


def _attention(group: Group, name: str) -> str:
    weight = _shape(group, "in_proj_weight")
    if len(weight) == 2:
        return f"MultiheadAttention {weight[1]}"
    weight = _shape(group, "q_proj_weight")
    return f"MultiheadAttention {weight[0]}" if len(weight) == 2 else ""


def _recurrent(group: Group, name: str) -> str:
    found = [match for key in group if (match := _RECURRENT.match(key))]
    hidden = next((group[m[0]].shape for m in found if m[1] == "hh"), ())
    given = next((group[m[0]].shape for m in found if m[1] == "ih"), ())
    if len(hidden) != 2 or len(given) != 2 or not hidden[1] or hidden[0] % hidden[1]:
        return ""
    kind = _GATES.get(hidden[0] // hidden[1])
    if kind is None:
        return ""
    layers = max(int(match[3] or 0) for match in found) + 1
    words = [f"{kind if found[0][2] else kind + 'Cell'} {given[1]} → {hidden[1]}"]
    if layers > 1:
        words.append(plural(layers, "layer"))
    if any(match[4] for match in found):
        words.append("bidirectional")
    return ", ".join(words)


def _low_rank(group: Group, name: str) -> str:
    first = _shape(group, "lora_A.weight") or _shape(group, "lora_A.default.weight")
    last = _shape(group, "lora_B.weight") or _shape(group, "lora_B.default.weight")
    if len(first) == 2 and len(last) >= 2:
        return f"LoRA of rank {first[0]}, {first[1]} → {last[0]}"
    return ""


def _norm(group: Group, name: str) -> str:
    mean, weight = _shape(group, "running_mean"), _shape(group, "weight")
    if len(mean) == 1:
        return f"BatchNorm {mean[0]}{'' if weight else ', not affine'}"
    if len(weight) != 1:
        return ""
    if "bias" in group:
        return f"LayerNorm or GroupNorm {weight[0]}" if weight == _shape(group, "bias") else ""
    if weight[0] == 1:
        return "PReLU"
    return f"RMSNorm {weight[0]}" if "norm" in name.lower() or name.startswith("ln") else ""


def _weighted(group: Group, name: str) -> str:
    """Name what has one weight of two or more dimensions."""
    weight, note = _plain_weight(group)
    bias = _shape(group, "bias")
    if len(weight) == 2:
        text = _matrix(weight, bias, name, "bias" in group)
    elif 3 <= len(weight) <= 5:
        text = _convolution(weight, bias)
    else:
        return ""
    return text + (", bias" if bias and "Embedding" not in text else "") + note


def _plain_weight(group: Group) -> tuple[tuple[int, ...], str]:
    """Return the shape of the weight, however it is parametrised, and a word about that."""
    for key, note in (
        ("weight", ""),
        ("weight_v", ", weight norm"),
        ("parametrizations.weight.original1", ", weight norm"),
        ("weight_orig", ", spectral norm or pruned"),
    ):
        if key in group:
            return group[key].shape, note
    return (), ""


def _matrix(weight: tuple[int, ...], bias: tuple[int, ...], name: str, has_bias: bool) -> str:
    rows, columns = weight
    last = name.rpartition(".")[2].lower()
    outer = name.lower().removesuffix(f".{last}") if last.isdigit() else last
    if not has_bias and _EMBEDDINGS.search(outer):
        return f"Embedding {rows} × {columns}"
    if bias == (columns,) != (rows,):  # GPT-2 keeps its matrices the other way round
        return f"Linear (transposed) {rows} → {columns}"
    return f"Linear {columns} → {rows}"


def _convolution(weight: tuple[int, ...], bias: tuple[int, ...]) -> str:
    kernel = "×".join(map(str, weight[2:]))
    kind = f"{len(weight) - 2}d"
    if bias == (weight[1],) != (weight[0],):
        return f"ConvTranspose{kind} {weight[0]} → {weight[1]}, {kernel}"
    # How many groups there are, no shape tells: one channel may be a grey image or a depthwise one.
    channels = f"{weight[1]}" if weight[1] != 1 or weight[0] == 1 else "1 (per group)"
    return f"Conv{kind} {channels} → {weight[0]}, {kernel}"


def _packed(group: Group, name: str) -> str:
    if {"qweight", "qzeros", "scales"} <= group.keys():
        out = _shape(group, "scales")[-1:]
        return f"Linear → {out[0]}, packed integers" if out else ""
    return ""


def _shape(group: Group, key: str) -> tuple[int, ...]:
    return group[key].shape if key in group else ()


_TESTS: tuple[Callable[[Group, str], str], ...] = (
    _attention,
    _recurrent,
    _low_rank,
    _packed,
    _norm,
    _weighted,
)
