"""Seeds and generators."""

from rushlight import _C

__all__ = ["seed", "manual_seed", "initial_seed", "get_rng_state", "set_rng_state"]


def manual_seed(seed):
    """Seed the default generator and return it.

    >>> import rushlight as rl
    >>> _ = rl.manual_seed(0)
    """
    return default_generator().manual_seed(int(seed))


def seed():
    """Seed the default generator from the system and return the seed."""
    return default_generator().seed()


def initial_seed():
    """Return the seed the default generator started from."""
    return default_generator().initial_seed()


def get_rng_state():
    """Return the state of the default generator as a uint8 tensor."""
    return default_generator().get_state()


def set_rng_state(new_state):
    """Restore the state of the default generator."""
    default_generator().set_state(new_state)


def default_generator():
    """Return the generator that random functions use when none is given."""
    return _C.default_generator
