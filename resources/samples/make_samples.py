"""Trains a small network on drawn shapes and keeps two snapshots of the run as samples.

    python resources/samples/make_samples.py

Needs torch. The same torch on the same kind of machine writes the same files again.
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("circle", "square", "triangle", "cross")
SNAPSHOTS = (4, 12)
CONFIG = {
    "model": "ShapesCNN",
    "image_size": 32,
    "channels": [16, 24, 48],
    "dropout": 0.1,
    "batch_size": 64,
    "images": 2048,
    "epochs": 12,
    "learning_rate": 0.004,
    "final_learning_rate": 0.0002,
    "weight_decay": 1e-4,
    "prototype_weight": 0.01,
    "seed": 20,
}
FOLDER = Path(__file__).parent


class ShapesCNN(nn.Module):
    """Three convolutions and a head whose rows are also the prototypes of the classes."""

    def __init__(self, channels: list[int], classes: int, dropout: float) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for before, after in zip([1, *channels], channels, strict=False):
            stages += [
                nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.prototypes = nn.Embedding(classes, channels[-1])
        self.head = nn.Linear(channels[-1], classes)
        # One tensor under two names, as language models tie their embedding and their output.
        self.head.weight = self.prototypes.weight

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the class scores and the features that they were read from."""
        features = self.features(images).amax(dim=(2, 3))
        return self.head(self.dropout(features)), features


def draw(label: int, size: int, random: torch.Generator) -> Tensor:
    """Draw one noisy shape, somewhere near the middle, turned at will."""
    x_shift, y_shift, radius, turn, level = torch.rand(5, generator=random).tolist()
    axis = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(axis - 0.6 * (y_shift - 0.5), axis - 0.6 * (x_shift - 0.5), indexing="ij")
    angle = turn * 2 * math.pi
    u = x * math.cos(angle) - y * math.sin(angle)
    v = x * math.sin(angle) + y * math.cos(angle)
    radius = 0.3 + 0.4 * radius
    inside = {
        "circle": u.hypot(v) < radius,
        "square": torch.maximum(u.abs(), v.abs()) < 0.85 * radius,
        "triangle": (v > -0.5 * radius) & (v + math.sqrt(3) * u.abs() < radius),
        "cross": (torch.minimum(u.abs(), v.abs()) < 0.25 * radius)
        & (torch.maximum(u.abs(), v.abs()) < radius),
    }[CLASSES[label]]
    noise = 0.25 * torch.randn(size, size, generator=random)
    return (inside * (0.5 + 0.5 * level) + noise).unsqueeze(0)


def dataset(count: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return `count` drawn images and their labels, all classes alike often."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(CLASSES)
    return torch.stack([draw(int(label), size, random) for label in labels]), labels


def train() -> None:
    """Train, and write a snapshot after each epoch in SNAPSHOTS, as training scripts do."""
    torch.manual_seed(CONFIG["seed"])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    images, labels = dataset(CONFIG["images"], CONFIG["image_size"], seed=1)
    test_images, test_labels = dataset(512, CONFIG["image_size"], seed=2)
    model = ShapesCNN(CONFIG["channels"], len(CLASSES), CONFIG["dropout"])
    optimizer = torch.optim.Adam(
        model.parameters(), lr=CONFIG["learning_rate"], weight_decay=CONFIG["weight_decay"]
    )
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, T_max=CONFIG["epochs"], eta_min=CONFIG["final_learning_rate"]
    )
    history = []
    for epoch in range(1, CONFIG["epochs"] + 1):
        loss = train_epoch(model, optimizer, images, labels)
        scheduler.step()
        accuracy = evaluate(model, test_images, test_labels)
        history.append({"epoch": epoch, "loss": loss, "accuracy": accuracy})
        print(f"epoch {epoch:2}: loss {loss:.4f}, test accuracy {accuracy:.3f}")
        if epoch in SNAPSHOTS:
            checkpoint = {
                "epoch": epoch,
                "model_state_dict": model.state_dict(),
                "optimizer_state_dict": optimizer.state_dict(),
                "scheduler_state_dict": scheduler.state_dict(),
                "loss": loss,
                "best_accuracy": max(row["accuracy"] for row in history),
                "history": history,
                "config": CONFIG,
                "class_names": list(CLASSES),
                "rng_state": torch.get_rng_state(),
                "torch_version": str(torch.__version__),
            }
            torch.save(checkpoint, FOLDER / f"shapes-cnn-epoch{epoch}.pt")


def train_epoch(
    model: ShapesCNN, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
) -> float:
    """Go once over all images in random order and return the mean loss."""
    model.train()
    total = 0.0
    batches = torch.randperm(len(images)).split(CONFIG["batch_size"])
    for batch in batches:
        scores, features = model(images[batch])
        # The features of a class are also drawn towards its prototype.
        distance = functional.mse_loss(features, model.prototypes(labels[batch]))
        loss = functional.cross_entropy(scores, labels[batch])
        loss = loss + CONFIG["prototype_weight"] * distance
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(batches)


@torch.no_grad()
def evaluate(model: ShapesCNN, images: Tensor, labels: Tensor) -> float:
    """Return the share of the images that the model names correctly."""
    model.eval()
    scores, _ = model(images)
    return (scores.argmax(dim=1) == labels).float().mean().item()


if __name__ == "__main__":
    train()
