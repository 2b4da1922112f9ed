"""``torch._subclasses``: kinds of tensors that PyTorch's compiler makes."""
