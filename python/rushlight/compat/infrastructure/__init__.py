"""What PyTorch programs touch besides tensors, with its true meaning where everything runs eagerly on the CPU.

Three kinds of name live here: questions with an honest answer (``cuda.is_available()`` is False), requests that
need nothing done (``compile`` returns its argument: the result is the same), and switches that are remembered.
Whatever would have to do something that Rushlight cannot do raises an error naming it (`rushlight.compat.absent`).
"""
