"""Nonlinearities, one module per function of `nn.functional`."""

import rushlight as rl

from .. import functional as F
from .. import init as initialization
from ..parameter import empty_parameter
from .attention import MultiheadAttention
from .module import Module
from .nonlinearity import AlongCheckedDim, AlongDim, InplaceActivation, inplace_suffix, renamed

__all__ = [
    "Threshold", "ReLU", "RReLU", "Hardtanh", "ReLU6", "Sigmoid", "Hardsigmoid", "Tanh", "SiLU", "Mish", "Hardswish",
    "ELU", "CELU", "SELU", "GLU", "GELU", "Hardshrink", "LeakyReLU", "LogSigmoid", "Softplus", "Softshrink",
    "MultiheadAttention", "PReLU", "Softsign", "Tanhshrink", "Softmin", "Softmax", "Softmax2d", "LogSoftmax",
]  # fmt: skip


class Threshold(Module):
    """x where x > threshold, else `value`.

    >>> nn.Threshold(0.1, 20.0)(rl.tensor([0.0, 1.0]))
    tensor([20.,  1.])
    """

    def __init__(self, threshold, value, inplace=False):
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input):
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self):
        return f"threshold={self.threshold}, value={self.value}{inplace_suffix(self)}"


class ReLU(InplaceActivation):
    """max(0, x)

    >>> nn.ReLU()(rl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input):
        return F.relu(input, inplace=self.inplace)


class RReLU(Module):
    """x where x ≥ 0, else a·x; a is drawn uniform in [lower, upper] while training, else their mean.

    Source: Xu et al., 2015.
    """

    def __init__(self, lower=1.0 / 8, upper=1.0 / 3, inplace=False):
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self):
        return f"lower={self.lower}, upper={self.upper}{inplace_suffix(self)}"


class Hardtanh(Module):
    """min(max(x, min_val), max_val)

    >>> nn.Hardtanh(-2, 2)(rl.tensor([-3.0, 1.0]))
    tensor([-2.,  1.])
    """

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None):
        super().__init__()
        self.min_val = renamed("min_val", min_val, "min_value", min_value)
        self.max_val = renamed("max_val", max_val, "max_value", max_value)
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace_suffix(self)}"


class ReLU6(Hardtanh):
    """min(max(0, x), 6)"""

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """1 / (1 + e^-x)

    >>> nn.Sigmoid()(rl.zeros(1))
    tensor([0.5000])
    """

    def forward(self, input):
        return rl.sigmoid(input)


class Hardsigmoid(InplaceActivation):
    """min(max(x / 6 + 1/2, 0), 1)"""

    def forward(self, input):
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self):
        return ""


class Tanh(Module):
    """(e^x - e^-x) / (e^x + e^-x)"""

    def forward(self, input):
        return rl.tanh(input)


class SiLU(InplaceActivation):
    """x · σ(x). Source: Elfwing et al., 2017."""

    def forward(self, input):
        return F.silu(input, inplace=self.inplace)


class Mish(InplaceActivation):
    """x · tanh(softplus(x)). Source: Misra, 2019."""

    def forward(self, input):
        return F.mish(input, inplace=self.inplace)


class Hardswish(InplaceActivation):
    """x · min(max(x + 3, 0), 6) / 6. Source: MobileNetV3, 2019."""

    def forward(self, input):
        return F.hardswish(input, self.inplace)

    def extra_repr(self):
        return ""


class ELU(Module):
    """x where x > 0, else α (e^x - 1). Source: Clevert et al., 2015."""

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}{inplace_suffix(self)}"


class CELU(Module):
    """max(0, x) + min(0, α (e^(x/α) - 1)). Source: Barron, 2017."""

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}{inplace_suffix(self)}"


class SELU(InplaceActivation):
    """1.0507 · ELU(x) with α = 1.6733, which keeps mean 0 and variance 1. Source: Klambauer et al., 2017."""

    def forward(self, input):
        return F.selu(input, self.inplace)


class GLU(Module):
    """a · σ(b), with a and b the halves of the input along `dim`. Source: Dauphin et al., 2017.

    >>> nn.GLU()(rl.zeros(4, 6)).shape
    torch.Size([4, 3])
    """

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.glu(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class GELU(Module):
    """x · Φ(x), with Φ the normal distribution function; `approximate="tanh"` estimates it. Source: Hendrycks, 2016."""

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class Hardshrink(Module):
    """x where |x| > lambd, else 0."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.hardshrink(input, self.lambd)

    def extra_repr(self):
        return f"{self.lambd}"


class LeakyReLU(Module):
    """x where x ≥ 0, else negative_slope · x.

    >>> nn.LeakyReLU(0.1)(rl.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope=1e-2, inplace=False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}{inplace_suffix(self)}"


class LogSigmoid(Module):
    """log σ(x)"""

    def forward(self, input):
        return F.logsigmoid(input)


class Softplus(Module):
    """log(1 + e^(βx)) / β; x itself where βx > threshold."""

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        return f"beta={self.beta}, threshold={self.threshold}"


class Softshrink(Module):
    """x moved towards 0 by lambd; 0 where |x| ≤ lambd."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.softshrink(input, self.lambd)

    def extra_repr(self):
        return f"{self.lambd}"


class PReLU(Module):
    """x where x ≥ 0, else a·x with a learned, one for all channels or one for each of `num_parameters`.

    Source: He et al., 2015.

    >>> nn.PReLU()(rl.tensor([-4.0, 2.0])).detach()
    tensor([-1.,  2.])
    """

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = empty_parameter(num_parameters, device, dtype)
        self.reset_parameters()

    def reset_parameters(self):
        """All slopes `init`."""
        initialization.constant_(self.weight, self.init)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class Softsign(Module):
    """x / (1 + |x|)"""

    def forward(self, input):
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x)"""

    def forward(self, input):
        return F.tanhshrink(input)


class Softmin(AlongDim):
    """e^-xᵢ / Σⱼ e^-xⱼ along `dim`."""

    def forward(self, input):
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax(AlongCheckedDim):
    """e^xᵢ / Σⱼ e^xⱼ along `dim`.

    >>> nn.Softmax(dim=1)(rl.zeros(1, 4))
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    def forward(self, input):
        return F.softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """`Softmax` over the channels at each position of (N, C, H, W) or (C, H, W)."""

    def forward(self, input):
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)


class LogSoftmax(AlongCheckedDim):
    """xᵢ - log Σⱼ e^xⱼ along `dim`."""

    def forward(self, input):
        return F.log_softmax(input, self.dim, _stacklevel=5)
