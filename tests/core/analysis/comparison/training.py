"""A small network that is really trained, and the checkpoints of its runs."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Net(nn.Module):  # type: ignore[misc]
    """Convolutions with batch norm, and a head."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)
        )
        self.head = nn.Linear(4, classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(pictures).mean((2, 3)))


def train(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 2) -> float:
    """Take some steps on random pictures and return the loss."""
    net.train()
    loss = torch.zeros(())
    for _ in range(steps):
        pictures, classes = torch.randn(8, 1, 9, 9), torch.randint(0, 2, (8,))
        loss = nn.functional.cross_entropy(net(pictures), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def run(epochs: int, *, frozen: bool = False, lr: float = 0.01) -> list[dict[str, Any]]:
    """Return a training checkpoint per epoch."""
    torch.manual_seed(0)
    net = Net()
    if frozen:
        net.backbone.requires_grad_(False)
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=lr)
    found = []
    for epoch in range(epochs):
        loss = train(net, optimizer)
        state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        found.append({
            "epoch": epoch,
            "loss": loss,
            "config": {"lr": lr, "name": "net"},
            "model": state,
            "optimizer": copied(optimizer.state_dict()),
        })  # fmt: skip
        for group in optimizer.param_groups:
            group["lr"] *= 0.5
    return found


def copied(value: Any) -> Any:
    """Return the same with tensors and containers of its own."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value
