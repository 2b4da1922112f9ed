"""``rushlight.image.transforms.functional`` under the path that torchvision has."""

import sys

from rushlight.image.transforms import functional

sys.modules[__name__] = functional
