"""Training progress as two bars: this epoch, and all of them. Needs ``rich``."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rushlight.train.history import Epoch


class Bars:
    """A bar over the images of the epoch with loss, accuracy and rate, and one over the epochs with the validation."""

    def __init__(self, images: int, epochs: int, done: int) -> None:
        self._images = images
        self._display = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=None, complete_style="dark_orange", finished_style="dark_orange"),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            expand=True,
        )
        self._epochs = self._display.add_task("epochs", total=epochs, completed=done, figures="")
        self._batches = self._display.add_task(f"epoch {done + 1}", total=images, figures="")

    def __enter__(self) -> Bars:
        self._display.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._display.stop()

    def batch(self, seen: int, loss: float, accuracy: float, rate: float) -> None:
        figures = f"loss {loss:.4f}  accuracy {100 * accuracy:6.2f} %  {rate:9,.0f} images/s"
        self._display.update(self._batches, completed=seen, figures=figures)

    def epoch(self, figures: Epoch, best: bool) -> None:
        text = f"validation {figures.validation_loss:.4f}  accuracy {100 * figures.validation_accuracy:6.2f} %"
        text += f"  waiting {100 * figures.waiting_seconds / figures.seconds:.0f} %"
        self._display.update(self._epochs, completed=figures.epoch, figures=text)
        if not self._display.tasks[0].finished:
            self._display.reset(self._batches, description=f"epoch {figures.epoch + 1}", total=self._images, figures="")
