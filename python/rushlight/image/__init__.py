"""Image files to arrays: decode, resize, crop, normalise, batch.

NumPy arrays come out by default; nothing else of Rushlight needs to be used.
"""

from rushlight.image._errors import ImageError
