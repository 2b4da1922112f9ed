"""The base of all distributions: shapes, validation, and what each of them offers."""

import rushlight as rl

from . import constraints
from .parameters import lazy_property

__all__ = ["Distribution"]


class Distribution:
    """A batch of independent distributions of events.

    A sample has the shape ``sample_shape + batch_shape + event_shape``, a log probability ``sample_shape +
    batch_shape``. `sample` stops gradients, `rsample` passes them to the parameters where ``has_rsample``.
    With validation (the default) parameters and values outside their constraints raise ValueError.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value):
        """Turn the validation of arguments on or off for all distributions made from now on."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: {value!r} is not True or False")
        Distribution._validate_args = value

    def __init__(self, batch_shape=(), event_shape=(), validate_args=None):
        self._batch_shape, self._event_shape = rl.Size(batch_shape), rl.Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                self._validate_parameter(name, constraint)

    def _validate_parameter(self, name, constraint):
        lazy = name not in vars(self) and isinstance(getattr(type(self), name, None), lazy_property)
        if lazy or constraints.is_dependent(constraint):
            return
        value = getattr(self, name)
        if not constraint.check(value).all():
            raise ValueError(
                f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
            )

    @property
    def batch_shape(self):
        """The shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self):
        """The shape of one event."""
        return self._event_shape

    @property
    def arg_constraints(self):
        """The constraint of every parameter, by name."""
        raise NotImplementedError(f"{type(self).__name__} does not define arg_constraints")

    @property
    def support(self):
        """The constraint of the samples."""
        raise NotImplementedError(f"{type(self).__name__} does not define support")

    @property
    def mean(self):
        """The mean, shape ``batch_shape + event_shape``."""
        raise NotImplementedError(f"{type(self).__name__} does not implement mean")

    @property
    def mode(self):
        """The most probable event."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self):
        """The variance of each element."""
        raise NotImplementedError(f"{type(self).__name__} does not implement variance")

    @property
    def stddev(self):
        """The square root of the variance."""
        return self.variance.sqrt()

    def expand(self, batch_shape, _instance=None):
        """Return the distribution with its parameters expanded to another batch shape, without copying them."""
        batch_shape = rl.Size(batch_shape)
        new = type(self).__new__(type(self)) if _instance is None else _instance
        for name in self.arg_constraints:
            if name in vars(self):
                value = vars(self)[name]
                event = value.shape[len(self._batch_shape) :]
                setattr(new, name, value.expand(batch_shape + event))
        new._batch_shape, new._event_shape, new._validate_args = batch_shape, self._event_shape, self._validate_args
        return new

    def _get_checked_instance(self, cls, _instance=None):
        """Return ``_instance``, or an empty one of this class, whose ``expand`` is that of ``cls``."""
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    def sample(self, sample_shape=()):
        """Draw without gradients."""
        with rl.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=()):
        """Draw by a differentiable function of the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no reparametrised samples: use sample()")

    def log_prob(self, value):
        """Return the logarithm of the density, or of the probability, at ``value``."""
        raise NotImplementedError(f"{type(self).__name__} does not implement log_prob")

    def cdf(self, value):
        """Return the probability of what is not greater than ``value``."""
        raise NotImplementedError(f"{type(self).__name__} does not implement cdf")

    def icdf(self, value):
        """Return the inverse of `cdf`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement icdf")

    def enumerate_support(self, expand=True):
        """Return all values of a discrete distribution along dimension 0."""
        raise NotImplementedError(f"{type(self).__name__} does not implement enumerate_support")

    def entropy(self):
        """Return the entropy in nats, shape ``batch_shape``."""
        raise NotImplementedError(f"{type(self).__name__} does not implement entropy")

    def perplexity(self):
        """Return the exponential of the entropy."""
        return rl.exp(self.entropy())

    def _extended_shape(self, sample_shape=()):
        return rl.Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _enumerated(self, values, expand):
        """Lay values out along dimension 0 before the batch shape."""
        values = values.view(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def _validate_sample(self, value):
        if not self._validate_args:
            return
        if not isinstance(value, rl.Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        expected = self._batch_shape + self._event_shape
        if value.shape[value.dim() - len(self._event_shape) :] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.size()} vs {self._event_shape}."
            )
        if any(i != 1 and j != 1 and i != j for i, j in zip(reversed(value.size()), reversed(expected), strict=False)):
            raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.size()} vs {expected}.")
        support = self.support
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self):
        shown = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        text = ", ".join(f"{k}: {v if v.numel() == 1 else v.size()}" for k, v in shown.items())
        return f"{type(self).__name__}({text})"
