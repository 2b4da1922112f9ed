"""Image files to arrays: decode, resize, crop, normalise, batch.

NumPy arrays come out by default; nothing else of Rushlight needs to be used.
"""

from rushlight.image._errors import ImageError
from rushlight.image._save import encode_jpeg, encode_png, encode_webp, save
