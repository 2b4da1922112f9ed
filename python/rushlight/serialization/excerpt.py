"""Shows a value read from a file in an error message.

A file may nest shared lists so that their full `repr` would never end; this one looks only at
the first items of two levels.
"""

import reprlib

_limits = reprlib.Repr()
_limits.maxlevel = 2
_limits.maxother = _limits.maxstring = 60

excerpt = _limits.repr
