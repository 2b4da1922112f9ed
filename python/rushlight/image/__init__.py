"""Image files to arrays: decode, resize, crop, normalise, batch.

NumPy arrays come out by default; nothing else of Rushlight needs to be used.

>>> from rushlight import image
>>> image.load_bytes(b"P6 1 1 255\n\x01\x02\x03").tolist()
[[[1, 2, 3]]]
"""

from rushlight.image._errors import ImageError, ImageNotFoundError, ImageWarning
from rushlight.image._load import (
    ImageInfo,
    image_info,
    image_info_batch,
    load,
    load_batch,
    load_batch_bytes,
    load_bytes,
    to_dlpack,
)
from rushlight.image._save import encode_jpeg, encode_png, encode_webp, save
