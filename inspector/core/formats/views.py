"""Tensors that reach beyond their storages: the same question for every format."""

from __future__ import annotations

from inspector.core.model import Finding, Node, tensors


def view_findings(root: Node) -> list[Finding]:
    """Return a finding for every tensor, or part of one, that reaches beyond its storage."""
    findings = []
    for path, tensor in tensors(root):
        for view in (tensor, *(part for _, part in tensor.parts)):
            if view.storage is None:  # sparse, meta: nothing of its own to reach beyond
                continue
            start, stop = view.extent
            if not 0 <= start <= stop <= view.storage.nbytes:
                message = (
                    f"The tensor reaches to byte {stop} of a storage that has "
                    f"{view.storage.nbytes}: its values cannot be read."
                )
                findings.append(Finding("out-of-bounds", "error", message, path))
    return findings
