"""Camera files of 10 to 25 megapixels to 224 normalised pixels, whole and scaled decoding: ``python -m benchmarks.image.camera``."""

from __future__ import annotations

from functools import partial
from io import BytesIO

import numpy as np

from benchmarks.image import photographs
from benchmarks.image.report import Comparison
from rushlight.image.bench import Rival, Task
from rushlight.image.bench.rivals import MEAN, STD, chain_ours, chain_pillow, opencv, short_side

GOALS = {"Pillow": ">= 6x", "Pillow, draft": ">= 1.35x", "OpenCV, scaled": ">= 1.35x", "simplejpeg, scaled": ">= 1.35x"}


def pillow_draft():
    """Pillow's own scaled decoding, to at least the size that is resized to."""
    from PIL import Image

    def prepare(data: bytes) -> np.ndarray:
        image = Image.open(BytesIO(data))
        size = short_side(image.width, image.height)
        image.draft("RGB", size)
        image = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        return planes(np.asarray(image))

    return prepare


def opencv_scaled():
    """OpenCV's reduced decoding by the largest factor that leaves enough pixels."""
    cv2 = opencv()
    flags = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}

    def prepare(data: bytes) -> np.ndarray:
        import simplejpeg

        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        factor = next((factor for factor in flags if min(width, height) // factor >= 256), 1)
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags.get(factor, cv2.IMREAD_COLOR))
        return shrunk(cv2, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))

    return prepare


def simplejpeg_scaled():
    """libjpeg-turbo's scaled decoding through simplejpeg."""
    import simplejpeg

    cv2 = opencv()
    return lambda data: shrunk(cv2, simplejpeg.decode_jpeg(data, min_height=256, min_width=256, min_factor=1))


def shrunk(cv2, pixels: np.ndarray) -> np.ndarray:
    size = short_side(pixels.shape[1], pixels.shape[0])
    return planes(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def planes(pixels: np.ndarray) -> np.ndarray:
    """The middle 224 pixels as normalised planes."""
    top, left = (round((length - 224) / 2) for length in pixels.shape[:2])
    part = pixels[top : top + 224, left : left + 224].astype(np.float32)
    scaled = (part / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


TASK = Task(
    "camera",
    "Camera files of 10 to 25 megapixels to 224 normalised pixels",
    chain_ours,
    (
        Rival("Pillow", ("pillow",), chain_pillow),
        Rival("Pillow, draft", ("pillow",), pillow_draft),
        Rival("OpenCV, scaled", ("opencv-python-headless", "simplejpeg"), opencv_scaled),
        Rival("simplejpeg, scaled", ("simplejpeg", "opencv-python-headless"), simplejpeg_scaled),
    ),
)

CAMERA = Comparison(TASK.title, TASK, partial(photographs.camera, least=10, most=25), GOALS)

if __name__ == "__main__":
    CAMERA.main()
