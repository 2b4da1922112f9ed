"""How pleasing an image is, from CLIP features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rushlight.image._errors import ImageError
from rushlight.image.curation._files import Path, image_files
from rushlight.image.curation._head import LinearHead

PROMPTS = ("a good photo.", "a bad photo.")


@dataclass(frozen=True)
class Scores:
    """The scores of many files, None where a file has none, and the reasons in ``errors``."""

    paths: list[Path]
    values: list[float | None]
    errors: dict[Path, ImageError] = field(default_factory=dict)


class AestheticScorer:
    """Scores of images from the features of a CLIP model that ``open_clip`` loads.

    With ``head``, a linear layer trained on ratings, the score is ``w . f / |f| + b`` on the scale of those ratings (1 to 10 for LAION's
    heads). Without one it is ten times the probability that the image fits "a good photo." rather than "a bad photo.", 0 to 10: a ranking
    rather than a rating.

    Args:
        model_name: a model of ``open_clip.list_models()``.
        pretrained: the name of its weights, which ``open_clip`` fetches if it has not got them, or the path of a file of weights.
        device: where the model runs, as PyTorch names it.
        head: file of the linear layer: ``.safetensors``, ``.npz``, or a PyTorch file. It must fit the model: LAION's
            ``sa_0_4_vit_l_14_linear.pth`` goes with ``("ViT-L-14", "openai")``. Several layers without activations between them, as in
            LAION's improved predictor, count as one.

    Raises:
        ModuleNotFoundError: ``open_clip`` is not installed.

    Sources: LAION-Aesthetics (Schuhmann, 2022); Wang, Chan, Loy, "Exploring CLIP for Assessing the Look and Feel of Images", 2023.
    """

    def __init__(
        self,
        model_name: str = "ViT-B-32",
        pretrained: str = "openai",
        device: str = "cpu",
        *,
        head: Path | None = None,
    ) -> None:
        open_clip = _open_clip()
        # A wrong file is found before a large model is loaded.
        self.head = None if head is None else LinearHead.load(head)
        self.model_name, self.device = model_name, device
        self._model = open_clip.create_model(model_name, pretrained=pretrained, device=device).eval()
        self._prompts = None if self.head else self._prompt_features(open_clip)

    def score(self, path: Path) -> float:
        """Return the score of one file."""
        return float(self._scores([self._prepare(path)])[0])

    __call__ = score

    def score_batch(self, paths: Path | Iterable[Path], batch_size: int = 32) -> Scores:
        """Return the scores of files; one that cannot be read has none and stands in ``errors``."""
        files = image_files(paths)
        result = Scores(files, [None] * len(files))
        for start in range(0, len(files), batch_size):
            images: dict[int, np.ndarray] = {}
            for at in range(start, min(start + batch_size, len(files))):
                try:
                    images[at] = self._prepare(files[at])
                except ImageError as error:
                    result.errors[files[at]] = error
            for at, score in zip(images, self._scores(list(images.values())) if images else ()):
                result.values[at] = float(score)
        return result

    def _prepare(self, path: Path) -> np.ndarray:
        """The pixels as the model wants them, float32 ``[3, S, S]``."""
        from rushlight.image import load

        visual = self._model.visual
        size = visual.image_size[0] if isinstance(visual.image_size, tuple | list) else visual.image_size
        normalize = (visual.image_mean, visual.image_std)
        return load(path, size=size, algorithm="bicubic", crop="center", normalize=normalize)

    def _scores(self, images: list[np.ndarray]) -> np.ndarray:
        features = self._unit(self._model.encode_image, np.stack(images))
        if self.head is not None:
            return self.head(features)
        logits = 100 * features @ self._prompts.T
        return 10 / (1 + np.exp(logits[:, 1] - logits[:, 0]))

    def _prompt_features(self, open_clip: Any) -> np.ndarray:
        return self._unit(self._model.encode_text, open_clip.get_tokenizer(self.model_name)(list(PROMPTS)))

    def _unit(self, encode: Any, values: Any) -> np.ndarray:
        """Features of length one."""
        import torch

        with torch.inference_mode():
            features = encode(torch.as_tensor(values, device=self.device)).float().cpu().numpy()
        return features / np.linalg.norm(features, axis=-1, keepdims=True)


def _open_clip() -> Any:
    try:
        import open_clip
    except ModuleNotFoundError as error:
        if error.name != "open_clip":
            raise
        raise ModuleNotFoundError(
            "aesthetic scores need a CLIP model: pip install open_clip_torch", name="open_clip"
        ) from error
    return open_clip
