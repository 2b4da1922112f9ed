"""The actions of ``rushlight images``: each a module with ``SUMMARY``, ``describe(parser)`` and ``main(paths, options)``.

``main`` prints its results and returns the errors of files that cannot be read.
"""
