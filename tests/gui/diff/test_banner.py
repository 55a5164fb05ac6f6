"""What the banner of a comparison says about how the two were paired."""

from __future__ import annotations

import torch

from inspector.core.analysis.comparison import match
from inspector.core.formats import open_checkpoint
from inspector.gui.diff.banner import through_words
from tests.checkpoints import save_zip
from tests.core.analysis.comparison.training import Net, train


def test_optimizer_state_without_names_and_attributes_are_told(tmp_path) -> None:
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.Adam(reversed(list(net.parameters())))
    train(net, optimizer)
    a, b = (
        save_zip(tmp_path / name, {"model": model, "optimizer": optimizer.state_dict()})
        for name, model in (("a.pt", net), ("b.pt", net.state_dict()))
    )
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        told = through_words(match(one, other))
    assert " attributes of the module in A left out" in told
    assert "Optimizer states are matched by index: their parameters' names cannot be told" in told
