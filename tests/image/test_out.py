"""``out=``: arrays and tensors of the caller's that images are decoded into."""

import io

import numpy as np
import pytest

import rushlight as rl
from rushlight import image

Image = pytest.importorskip("PIL.Image")

PIXELS = np.random.default_rng(0).integers(0, 256, (101, 150, 3), dtype=np.uint8)


@pytest.fixture
def jpeg():
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", quality=92)
    return file.getvalue()


def test_out_is_decoded_into(jpeg):
    batch = np.full((4, 3, 24, 24), np.nan, np.float32)
    result = image.load_batch_bytes([jpeg] * 4, 24, crop="center", normalize="clip", out=batch)
    assert result is batch and np.isfinite(batch).all()
    slot = batch[2]
    assert image.load_bytes(jpeg, 24, crop="center", normalize="imagenet", out=slot) is slot
    assert not np.array_equal(batch[2], batch[1])
    with pytest.raises(ValueError, match=r"out= has the shape \[24, 24, 3\]"):
        image.load_bytes(jpeg, out=np.zeros((24, 24, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        image.load_bytes(jpeg, 24, crop="center", out=np.zeros((24, 24, 3), np.float32))


@pytest.mark.parametrize("kind", ["uint16", "float32"])
def test_bytes_in_the_other_order_are_refused(jpeg, kind):
    other = np.dtype(kind).newbyteorder("S")
    with pytest.raises(ValueError, match="in the other order"):
        image.load_bytes(jpeg, dtype=kind, out=np.zeros(PIXELS.shape, other))


@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_results_that_are_converted_go_there_too(jpeg, kind):
    options = {"size": 24, "crop": "center", "normalize": "clip", "dtype": kind}
    out = np.zeros((2, 3, 24, 24), kind)
    assert image.load_batch_bytes([jpeg] * 2, out=out, **options) is out
    assert np.array_equal(out[1], image.load_bytes(jpeg, **options))
    assert image.load_bytes(jpeg, out=out[0], **options).base is out
    for wrong in (np.zeros((3, 24, 25), kind), np.zeros((3, 24, 24), np.float32)):
        with pytest.raises(ValueError, match=f"array of {kind} and shape"):
            image.load_bytes(jpeg, out=wrong, **options)


def test_tensors_are_decoded_into(jpeg):
    libraries = [rl]
    try:
        import torch
    except ImportError:
        pass
    else:
        libraries.append(torch)
    wanted = image.load_bytes(jpeg, (20, 30))
    for library in libraries:
        batch = library.zeros((3, 20, 30, 3), dtype=library.uint8)
        assert image.load_batch_bytes([jpeg] * 3, (20, 30), out=batch) is batch
        slot = library.zeros((20, 30, 3), dtype=library.uint8)
        for device in (None, "cpu"):
            assert image.load_bytes(jpeg, (20, 30), out=slot, device=device) is slot
        assert np.array_equal(batch.numpy()[2], wanted) and np.array_equal(slot.numpy(), wanted)


def test_nothing_of_an_earlier_image_stays(jpeg):
    broken = jpeg[: len(jpeg) // 2]
    for options in ({}, {"dtype": "float64"}):
        slot = np.full((20, 30, 3), 7, options.get("dtype", "uint8"))
        given = image.load_bytes(broken, (20, 30), out=slot, errors="substitute", report=[], **options)
        assert given is slot and not slot.any()
    slot = np.full((101, 150, 3), 7, np.uint8)
    assert image.load_bytes(broken, out=slot, errors="substitute", report=[]) is slot and not slot.any()
    for data in (broken, b"no image", jpeg[:200]):
        slot[:] = 7
        assert image.load_bytes(data, out=slot, errors="skip", report=[]) is None and not slot.any()
        slot[:] = 7
        with pytest.raises(image.ImageError):
            image.load_bytes(data, out=slot)
        assert not slot.any()
