"""Where an epoch stands, and how to come back to it."""

import itertools

import rushlight as rl

VERSION = 1


class Progress:
    """Generator states at the start of an epoch and the number of batches handed out since.

    The order of an epoch is a function of those states, so that replaying the samplers from
    them and dropping the keys already used leads to the next batch.
    """

    def __init__(self):
        self._states = []
        self._pending = None
        self.yielded = 0

    def state_dict(self):
        if self._pending is not None:
            return dict(self._pending)
        return {
            "version": VERSION,
            "yielded": self.yielded,
            "generators": list(self._states) if self.yielded else [],
        }

    def load_state_dict(self, state):
        if state.get("version") != VERSION:
            raise ValueError(
                f"DataLoader.load_state_dict: expected a state of version {VERSION}, but got {state.get('version')!r}"
            )
        self._pending = dict(state)

    def finish(self):
        """The epoch is over: the next one starts at its beginning."""
        self.yielded, self._states = 0, []

    def start(self, loader, draw):
        """Begin an epoch, or resume a loaded one, and return `draw(skip)`.

        `draw` makes the epoch's draws and drops the first `skip` batches. Private generators
        are left where the replay brings them; the default one, which belongs to the whole
        program, is put back to where it was.
        """
        generators = _generators(loader)
        state, self._pending = self._pending, None
        if state is None or not state["yielded"]:
            self._states = [generator.get_state() for generator in generators]
            self.yielded = 0
            return draw(0)
        if len(state["generators"]) != len(generators):
            raise ValueError(
                "DataLoader.load_state_dict: the state was taken from a loader with "
                f"{len(state['generators'])} random generators, but this one has {len(generators)}"
            )
        self._states, self.yielded = list(state["generators"]), state["yielded"]
        before = rl.default_generator.get_state()
        for generator, saved in zip(generators, self._states, strict=True):
            generator.set_state(saved)
        try:
            return draw(self.yielded)
        finally:
            rl.default_generator.set_state(before)


def skip(keys, count):
    """The keys that remain after the first `count` batches."""
    return itertools.islice(keys, count, None)


def _generators(loader):
    owners = [loader, loader.batch_sampler, loader.sampler]
    owners.append(getattr(loader.batch_sampler, "sampler", None))
    found = [rl.default_generator]
    for owner in owners:
        generator = getattr(owner, "generator", None)
        if generator is not None and all(generator is not other for other in found):
            found.append(generator)
    return found
