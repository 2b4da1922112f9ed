"""The training loop: one-cycle AdamW, validation after every epoch, the best weights kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import rushlight as rl
from rushlight import Tensor, nn, optim
from rushlight.nn import functional as F
from rushlight.train.augment import shift
from rushlight.train.classifier import Classifier, Description
from rushlight.train.datasets import ImageDataset, Part
from rushlight.train.datasets.images import Batches
from rushlight.train.history import Epoch
from rushlight.train.settings import Settings

OnBatch = Callable[[int, float, float, float], None]
"""Called after every step with images seen, mean loss, mean accuracy and images per second of the epoch so far."""


class Trainer:
    """A run over ``data`` that can be stopped after any epoch and continued from its state.

    Every epoch seeds the default generator from ``settings.seed`` and its own number, so a continued run
    computes the same numbers as one that was never stopped.
    """

    def __init__(self, data: ImageDataset, settings: Settings) -> None:
        mean, std = data.statistics()
        self.data, self.settings = data, settings
        self.description = Description(settings.model, data.channels, data.size, data.classes, mean, std)
        rl.manual_seed(settings.seed)
        self.network: nn.Module = self.description.network()
        self.history: list[Epoch] = []
        self.best: dict[str, Tensor] = {}
        self.best_epoch = 0
        self._waiting = 0.0
        self._batches = data.train.shuffled(settings.batch_size, settings.seed, settings.augment)
        self._optimizer = optim.AdamW(self.network.parameters(), lr=settings.lr, weight_decay=0.02)
        self._schedule = optim.lr_scheduler.OneCycleLR(
            self._optimizer,
            max_lr=settings.lr,
            epochs=settings.epochs,
            steps_per_epoch=len(self._batches),
            pct_start=0.2,
        )

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    @property
    def finished(self) -> bool:
        """True after the last epoch, or once ``patience`` epochs have passed without a lower validation loss."""
        done = len(self.history)
        return done >= self.settings.epochs or done - self.best_epoch >= self.settings.patience

    def epochs(self, on_batch: OnBatch) -> Iterator[Epoch]:
        """Train until `finished`, yielding the figures of every epoch."""
        while not self.finished:
            yield self._epoch(len(self.history) + 1, on_batch)

    def _epoch(self, number: int, on_batch: OnBatch) -> Epoch:
        started = time.perf_counter()
        rate_used = self._optimizer.param_groups[0]["lr"]
        self._waiting = 0.0
        loss, accuracy, rate = self._train(number, on_batch)
        validation_loss, validation_accuracy = self.evaluate(self.data.validation)
        if not self.best or validation_loss < self.history[self.best_epoch - 1].validation_loss:
            self.best = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}
            self.best_epoch = number
        seconds = time.perf_counter() - started
        validation = validation_loss, validation_accuracy
        figures = Epoch(number, rate_used, loss, accuracy, *validation, rate, seconds, self._waiting)
        self.history.append(figures)
        return figures

    def _train(self, number: int, on_batch: OnBatch) -> tuple[float, float, float]:
        """One pass; returns mean loss, mean accuracy and images per second. Raises FloatingPointError on divergence."""
        rl.manual_seed(self.settings.seed + 1_000_003 * number)
        self.network.train()
        seen, loss_sum, right, started = 0, 0.0, 0, time.perf_counter()
        for pixels, labels in self._waited(self._batches.epoch(number)):
            loss, logits = self._step(pixels, labels)
            if not math.isfinite(loss):
                raise FloatingPointError(f"the loss became {loss} in epoch {number}; a smaller learning rate may help")
            seen += len(labels)
            loss_sum += loss * len(labels)
            right += int((logits.argmax(dim=1) == labels).sum())
            on_batch(seen, loss_sum / seen, right / seen, seen / (time.perf_counter() - started))
        return loss_sum / seen, right / seen, seen / (time.perf_counter() - started)

    def _step(self, pixels: Tensor, labels: Tensor) -> tuple[float, Tensor]:
        pixels = shift(pixels) if self.settings.augment == "shift" else pixels
        logits = self.network(self.description.normalise(pixels))
        loss = F.cross_entropy(logits, labels)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._schedule.step()
        return loss.item(), logits.detach()

    def _waited(self, batches: Batches) -> Batches:
        """The same batches; the time until each is there counts as waiting."""
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self._waiting += time.perf_counter() - started
            if batch is None:
                return
            yield batch

    def evaluate(self, images: Part) -> tuple[float, float]:
        """Mean loss and accuracy of the network as it stands."""
        logits, places = self.scores(Classifier(self.description, self.network), images)
        labels = rl.from_numpy(images.labels[places])
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        return F.cross_entropy(logits, labels).item(), accuracy.item()

    def scores(self, classifier: Classifier, images: Part) -> tuple[Tensor, np.ndarray]:
        """Class scores of the images that can be read, and their places."""
        places = []

        def pixels_of_batches() -> Iterator[Tensor]:
            for pixels, found in self._waited(images.in_order()):
                places.append(found.numpy())
                yield pixels

        return classifier.scores(pixels_of_batches()), np.concatenate(places)

    def classifier(self) -> Classifier:
        """The network with the weights of its best epoch."""
        network = self.description.network()
        network.load_state_dict(self.best)
        return Classifier(self.description, network)

    def save(self, path: Path) -> None:
        """Write everything that `restore` needs."""
        rl.save(
            {
                "description": self.description.as_dict(),
                "settings": self.settings.as_dict(),
                "network": self.network.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
                "history": [epoch.as_dict() for epoch in self.history],
                "best": self.best,
                "best_epoch": self.best_epoch,
            },
            path,
        )

    def restore(self, checkpoint: dict) -> None:
        """Continue from a checkpoint written by `save`; raises ValueError when it belongs to other images."""
        if checkpoint["description"]["classes"] != self.data.classes:
            raise ValueError("the checkpoint was trained on other classes than this dataset has")
        self.network.load_state_dict(checkpoint["network"])
        self._optimizer.load_state_dict(checkpoint["optimizer"])
        self._schedule.load_state_dict(checkpoint["schedule"])
        self.history = [Epoch(**figures) for figures in checkpoint["history"]]
        self.best, self.best_epoch = checkpoint["best"], checkpoint["best_epoch"]
