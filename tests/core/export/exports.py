"""A short way from a checkpoint to a new file and to what torch finds in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from inspector.core.export import Plan, Recipe, export, make_plan
from inspector.core.formats import open_checkpoint

AS_IT_IS = Recipe()


def exported(source: Path, target: Path, recipe: Recipe = AS_IT_IS, **options: Any) -> Plan:
    """Export and return the plan; the result is verified by the program itself as well."""
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, recipe)
        export(checkpoint, plan, str(target), **options)
        return plan


def loaded(path: Path, **options: Any) -> Any:
    return torch.load(path, weights_only=True, **options)


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether dtype, shape and every bit are the same."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.is_complex():
        one, other = (
            torch.view_as_real(one.resolve_conj()),
            torch.view_as_real(other.resolve_conj()),
        )
    bits = [x.resolve_neg().contiguous().reshape(-1).view(torch.uint8) for x in (one, other)]
    return torch.equal(*bits)
