"""What a tree means: which kind of checkpoint it is, where its state_dicts are, its facts."""

from inspector.core.recognition.base import CheckpointKind, Fact, Recognition
from inspector.core.recognition.recognise import recognise

__all__ = ["CheckpointKind", "Fact", "Recognition", "recognise"]
