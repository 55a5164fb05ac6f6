"""A part of a checkpoint as a file of its own: recipe -> plan -> file.

    recipe = Recipe(choices=(Choice("backbone.*"),), renames=(StripPrefix("backbone."),))
    plan = make_plan(checkpoint, recipe)             reads no values; shows every row
    losses = cast_losses(checkpoint, plan)           reads what is cast; says what gets lost
    fit = fit_of(plan, state_dict_tensors(target))   as load_state_dict would
    export(checkpoint, plan, "backbone.pt")          complete and verified, or not there

Beside these: `make_plan(…, target=tensors)` leaves out what does not fit, `read_recipe` and
`recipe_toml` keep recipes in files, `command_text(recipe, source, target)` is the equivalent
command, `loading_code(plan, target)` the Python that loads the result, `format_of(path)` the format
that a name suggests. Every long function takes a `progress` as its last argument; it raises
Cancelled through it, and InspectorError.
"""

from inspector.core.export.arrays import exportable
from inspector.core.export.command import command_text
from inspector.core.export.exporting import export
from inspector.core.export.fit import fit_of, fit_sentences
from inspector.core.export.leftovers import clear_unfinished
from inspector.core.export.loading_code import loading_code
from inspector.core.export.locating import candidates, state_dict_tensors
from inspector.core.export.losses import cast_losses, loss_findings
from inspector.core.export.plan import (
    Content,
    Dropped,
    Exported,
    Fit,
    Loss,
    Mismatch,
    Plan,
    PlannedFile,
    Row,
)
from inspector.core.export.planning import check_recipe, make_plan
from inspector.core.export.recipe import OMITTED, Choice, DeviceRule, DTypeRule, Recipe
from inspector.core.export.recipe_file import (
    names_from,
    read_recipe,
    recipe_json,
    recipe_of,
    recipe_toml,
)
from inspector.core.export.refusals import ExportError
from inspector.core.export.renaming import (
    AddPrefix,
    RenameMap,
    RenameRule,
    StripPrefix,
    Substitute,
    Unwrap,
)
from inspector.core.export.writers import WRITERS, Writer, format_of

__all__ = [
    "OMITTED",
    "WRITERS",
    "AddPrefix",
    "Choice",
    "Content",
    "DTypeRule",
    "DeviceRule",
    "Dropped",
    "ExportError",
    "Exported",
    "Fit",
    "Loss",
    "Mismatch",
    "Plan",
    "PlannedFile",
    "Recipe",
    "RenameMap",
    "RenameRule",
    "Row",
    "StripPrefix",
    "Substitute",
    "Unwrap",
    "Writer",
    "candidates",
    "cast_losses",
    "check_recipe",
    "clear_unfinished",
    "command_text",
    "export",
    "exportable",
    "fit_of",
    "fit_sentences",
    "format_of",
    "loading_code",
    "loss_findings",
    "make_plan",
    "names_from",
    "read_recipe",
    "recipe_json",
    "recipe_of",
    "recipe_toml",
    "state_dict_tensors",
]
