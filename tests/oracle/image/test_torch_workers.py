"""Transforms in the worker processes of PyTorch's `DataLoader`: random parameters, tensors, errors."""

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision.transforms import v2 as theirs  # noqa: E402

from rushlight.image import ImageError, ImageFolder  # noqa: E402
from rushlight.image.transforms import v2 as ours  # noqa: E402


class Angles(Dataset):
    """The random angles of eight images."""

    def __init__(self, module):
        self.rotation = module.RandomRotation(180)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor(self.rotation.make_params([])["angle"])


@pytest.mark.parametrize("context, persistent", [("fork", False), ("fork", True), ("spawn", False)])
def test_workers_draw_what_torchvision_draws(context, persistent):
    def epochs(module):
        torch.manual_seed(3)
        options = {"num_workers": 2, "multiprocessing_context": context, "persistent_workers": persistent}
        loader = DataLoader(Angles(module), 2, **options)
        return [torch.cat(list(loader)).tolist() for _ in range(2)]

    found = epochs(ours)
    assert found == epochs(theirs)
    assert len({angle for epoch in found for angle in epoch}) == 16


PROGRAM = """
import sys
from rushlight.image import transforms
import torch

class Data(torch.utils.data.Dataset):
    transform = staticmethod({transform})
    def __len__(self):
        return 4
    def __getitem__(self, index):
        import numpy as np
        return self.transform(np.full((2, 2, 3), index, np.uint8)), index

if __name__ == "__main__":
    loader = torch.utils.data.DataLoader(Data(), 4, num_workers=1, multiprocessing_context="{context}")
    for images, indices in loader:
        print(type(images).__module__, tuple(images.shape), images[:, 0, 0, 0].mul(255).tolist(), indices.tolist())
"""


@pytest.mark.parametrize(
    "context, transform",
    [("spawn", "transforms.Compose([transforms.ToTensor()])"), ("fork", "transforms.functional.to_tensor")],
)
def test_a_data_set_of_the_programs_own_gives_torchs_tensors(tmp_path, context, transform):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(context=context, transform=transform))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.stdout == "torch (4, 3, 2, 2) [0.0, 1.0, 2.0, 3.0] [0, 1, 2, 3]\n", done.stderr


def test_an_error_of_a_worker_keeps_its_class(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(b"nothing")
    with pytest.raises(ImageError, match=r"(?s)Caught ImageError in DataLoader worker process 0.*x\.png"):
        next(iter(DataLoader(ImageFolder(tmp_path, ours.Compose([ours.ToTensor()])), 2, num_workers=1)))
