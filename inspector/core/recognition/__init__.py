"""What a tree means: which kind of checkpoint it is, where its state_dicts are, its facts.

From bottom to top: `base`; `optimizer`; `survey` (one walk over the tree); `named_facts`;
`families` (programs whose files are known) and `architectures`; `recognise`. Beside them
`layers` and `outline` say of any part of a model what it is made of, when somebody looks at it.
"""

from inspector.core.recognition.base import CheckpointKind, Fact, Part, Recognition, StateDict
from inspector.core.recognition.layers import layer_text
from inspector.core.recognition.outline import (
    OutlineRow,
    layer_around,
    layer_of,
    modules_of,
    outline,
)
from inspector.core.recognition.recognise import recognise
from inspector.core.recognition.survey import WRAPPERS, is_module

__all__ = [
    "WRAPPERS",
    "CheckpointKind",
    "Fact",
    "OutlineRow",
    "Part",
    "Recognition",
    "StateDict",
    "is_module",
    "layer_around",
    "layer_of",
    "layer_text",
    "modules_of",
    "outline",
    "recognise",
]
