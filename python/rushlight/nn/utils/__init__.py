"""Helpers around modules: clipping gradients, packing sequences, reparametrizing weights."""

from . import rnn

__all__ = ["rnn"]
