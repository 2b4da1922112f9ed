"""Scores of images by the features of a stand-in for open_clip."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from rushlight.image.curation import AestheticScorer, filter_dataset
from rushlight.image.curation._head import LinearHead


def test_scores_need_open_clip(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ModuleNotFoundError, match="pip install open_clip_torch"):
        AestheticScorer("ViT-B-32", "openai", "cpu")
    with pytest.raises(ModuleNotFoundError, match="pip install open_clip_torch"):
        filter_dataset([], min_aesthetic=5)


@pytest.fixture
def clip(monkeypatch):
    """An ``open_clip`` whose model sees the mean colour, and likes red."""
    torch = pytest.importorskip("torch")

    class Model:
        visual = types.SimpleNamespace(image_size=(8, 8), image_mean=(0.5, 0.5, 0.5), image_std=(0.5, 0.5, 0.5))

        def eval(self):
            return self

        def encode_image(self, images):
            return images.mean((2, 3)) + 1e-3

        def encode_text(self, tokens):
            return torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

    module = types.ModuleType("open_clip")
    module.create_model = lambda name, pretrained, device: Model()
    module.get_tokenizer = lambda name: lambda texts: torch.zeros(len(texts), 1)
    monkeypatch.setitem(sys.modules, "open_clip", module)


def write_ppm(path: Path, color: tuple[int, int, int]) -> str:
    path.write_bytes(b"P6 20 10 255\n" + bytes(color) * 200)
    return str(path)


def test_scores_rank_by_the_prompts_or_the_head(clip, tmp_path):
    red, blue = write_ppm(tmp_path / "red.ppm", (255, 90, 0)), write_ppm(tmp_path / "blue.ppm", (0, 90, 255))
    scorer = AestheticScorer("any", "any", "cpu")
    assert 9 < scorer.score(red) <= 10 and 0 <= scorer(blue) < 1
    result = scorer.score_batch([red, "missing.ppm", blue], batch_size=2)
    assert result.values == [pytest.approx(scorer(red)), None, pytest.approx(scorer(blue))]
    assert list(result.errors) == ["missing.ppm"]
    assert filter_dataset([red, blue], deduplicate=False, min_aesthetic=5).keep == [red]
    np.savez(tmp_path / "head.npz", weight=np.array([[0.0, 0.0, 3.0]]), bias=np.array([5.0]))
    rated = AestheticScorer("any", "any", "cpu", head=tmp_path / "head.npz")
    assert rated(blue) > 5 > rated(red)


def test_heads_are_read_and_layers_multiplied_out(tmp_path):
    random = np.random.default_rng(0)
    w0, b0, w1, b1 = (
        random.normal(size=(3, 5)),
        random.normal(size=3),
        random.normal(size=(1, 3)),
        random.normal(size=1),
    )
    np.savez(
        tmp_path / "head.npz",
        **{"layers.10.weight": w1, "layers.10.bias": b1, "layers.2.weight": w0, "layers.2.bias": b0},
    )
    head = LinearHead.load(tmp_path / "head.npz")
    features = random.normal(size=(4, 5))
    np.testing.assert_allclose(head(features), ((features @ w0.T + b0) @ w1.T + b1)[:, 0], rtol=1e-5)
    with pytest.raises(ValueError, match="takes 5 features, the model gives 6"):
        head(np.zeros((1, 6)))
    np.savez(tmp_path / "wrong.npz", weight=w0, bias=b0)
    with pytest.raises(ValueError, match="end in one number"):
        LinearHead.load(tmp_path / "wrong.npz")
