"""What is known about loading a file, in sentences that every front end shows."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.loading.base import Loading, Resume
from inspector.core.loading.resume import ROLES
from inspector.core.text import plural, printable

_MANY = 4


def sentences(loading: Loading) -> Iterator[str]:
    """Yield torch's verdict with its reasons, the notes, and what training could go on from."""
    if loading.weights_only.loads:
        yield "torch.load opens it with weights_only=True, the default since torch 2.6."
    else:
        yield "torch.load refuses it with weights_only=True, the default since torch 2.6:"
        reasons = loading.weights_only.reasons
        yield from (printable(reason) for reason in reasons[:_MANY])
        if len(reasons) > _MANY:
            yield f"and {plural(len(reasons) - _MANY, 'more reason')}."
    yield from loading.notes
    if loading.resume is not None:
        yield from _resume(loading.resume)


def _resume(resume: Resume) -> Iterator[str]:
    roles = dict.fromkeys(part.role for part in resume.present)
    if roles:
        yield f"To go on training there are: {', '.join(ROLES[role] for role in roles)}."
    if resume.missing:
        yield f"Not in this file: {', '.join(ROLES[role] for role in resume.missing)}."
