"""All parameters as one vector, and back."""

import rushlight as rl


def parameters_to_vector(parameters):
    """The values of `parameters` joined into one vector.

    >>> nn.utils.parameters_to_vector([rl.ones(2), rl.zeros(1, 2)])
    tensor([1., 1., 0., 0.])
    """
    parameters = list(parameters)
    _check_one_device(parameters)
    return rl.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Set `parameters` to slices of the vector, in order; they share its memory."""
    if not isinstance(vec, rl.Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {rl.typename(vec)}")
    parameters = list(parameters)
    _check_one_device(parameters)
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop


def _check_one_device(parameters):
    if len({str(parameter.device) for parameter in parameters}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
