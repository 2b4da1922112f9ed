"""``torch.backends``: switches of libraries that PyTorch is built on. Values set are kept and read back."""

from __future__ import annotations

from rushlight.compat.infrastructure.backends import cpu as cpu
from rushlight.compat.infrastructure.backends import cuda as cuda
from rushlight.compat.infrastructure.backends import cudnn as cudnn
from rushlight.compat.infrastructure.backends import mha as mha
from rushlight.compat.infrastructure.backends import mkl as mkl
from rushlight.compat.infrastructure.backends import mkldnn as mkldnn
from rushlight.compat.infrastructure.backends import mps as mps
from rushlight.compat.infrastructure.backends import openmp as openmp
from rushlight.compat.infrastructure.backends import opt_einsum as opt_einsum
