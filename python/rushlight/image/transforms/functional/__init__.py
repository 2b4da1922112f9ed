"""Image operations as functions, with torchvision's names, arguments and results.

Every function takes any kind of image (see ``_pixels``) and gives back the same kind. PIL images get Pillow's result, everything else that of
torchvision's tensor kernels. Work on the samples of tensors and arrays is native; batches are spread over threads.
Masks, boxes and key points (``rushlight.image.tv_tensors``) follow their image in all that moves its pixels.
"""

from rushlight.image.transforms.functional._blur import *
from rushlight.image.transforms.functional._boxes import *
from rushlight.image.transforms.functional._color import *
from rushlight.image.transforms.functional._convert import *
from rushlight.image.transforms.functional._crop import *
from rushlight.image.transforms.functional._flip import *
from rushlight.image.transforms.functional._formats import *
from rushlight.image.transforms.functional._interpolation import InterpolationMode
from rushlight.image.transforms.functional._keypoints import *
from rushlight.image.transforms.functional._meta import *
from rushlight.image.transforms.functional._noise import *
from rushlight.image.transforms.functional._pad import *
from rushlight.image.transforms.functional._pixels import Pixels, pixels
from rushlight.image.transforms.functional._resize import *
from rushlight.image.transforms.functional._temporal import *
from rushlight.image.transforms.functional._tone import *
from rushlight.image.transforms.functional._typed import *
from rushlight.image.transforms.functional._typed import attach, of_kind
from rushlight.image.transforms.functional._warp import *

attach(dict(globals()))


def __getattr__(name: str):
    if (found := of_kind(globals(), name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found
