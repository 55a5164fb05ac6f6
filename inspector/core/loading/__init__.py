"""What to know before loading a checkpoint elsewhere, and the Python that does it.

`weights_only` foretells torch's verdict, `notes` and `resume` say what will be missed, `code`
writes the program. Nothing here is run, imported or loaded.
"""

from __future__ import annotations

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.base import Loading, Resume, WeightsOnly
from inspector.core.loading.code import loading_code
from inspector.core.loading.notes import classes_of, devices_of, notes_of
from inspector.core.loading.resume import resume_of
from inspector.core.loading.sentences import sentences
from inspector.core.loading.weights_only import foretell
from inspector.core.model import Node
from inspector.core.recognition import StateDict

__all__ = ["Loading", "Resume", "WeightsOnly", "foretell", "loading_of", "sentences"]


def loading_of(checkpoint: Checkpoint) -> Loading:
    """Return what is known about loading a checkpoint on another machine."""
    try:
        return _loading_of(checkpoint)
    except Exception:  # noqa: BLE001 - the boundary: an error of ours must not hide the tree
        unknown = WeightsOnly(
            False, (), ("This could not be found out; a mistake in the program.",)
        )
        return Loading(unknown, (), (), (), "", None)


def _loading_of(checkpoint: Checkpoint) -> Loading:
    verdict = foretell(checkpoint)
    main = _main_weights(checkpoint)
    return Loading(
        verdict,
        classes_of(checkpoint),
        devices_of(checkpoint),
        tuple(notes_of(checkpoint, main)),
        loading_code(checkpoint, verdict, main),
        resume_of(checkpoint),
    )


def _main_weights(checkpoint: Checkpoint) -> tuple[StateDict, Node] | None:
    """Return the weights that a person means by "the model", and their node."""
    if not checkpoint.recognition.weights:
        return None
    state_dict = checkpoint.recognition.weights[0]
    node = checkpoint.root
    for step in state_dict.path:
        found = next((child for child in node.children if child.key == step), None)
        if found is None:
            return None
        node = found
    return state_dict, node
