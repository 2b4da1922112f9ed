"""What the package offers: native functions by name, and modules and names that are imported when first used."""

import importlib

from rushlight import _C

SUBMODULES = {
    "amp",
    "autograd",
    "distributions",
    "fft",
    "func",
    "hub",
    "image",
    "linalg",
    "masked",
    "multiprocessing",
    "nn",
    "optim",
    "profiler",
    "quasirandom",
    "random",
    "return_types",
    "serialization",
    "signal",
    "special",
    "storage",
    "testing",
    "types",
    "utils",
}

LAZY = {
    "save": "rushlight.serialization",
    "load": "rushlight.serialization",
    "autocast": "rushlight.amp",
    "GradScaler": "rushlight.amp",
    "vmap": "rushlight.func",
    "_pytree": "rushlight.utils",
    "set_printoptions": "rushlight._print",
    "get_printoptions": "rushlight._print",
    "printoptions": "rushlight._print",
    "TypedStorage": "rushlight.storage",
    "get_autocast_dtype": "rushlight.amp",
    "batch_norm": "rushlight._normalization",
    "instance_norm": "rushlight._normalization",
    "cond": "rushlight._control_flow",
    "while_loop": "rushlight._control_flow",
}

MODULES_OF_NAMES = {
    "rushlight._checks": "_assert _check _check_index _check_is_size _check_not_implemented _check_tensor_all _check_type "
    "_check_value _check_with",
    "rushlight._symbolic": "SymBool SymFloat SymInt sym_float sym_int sym_ite sym_max sym_min sym_not sym_sqrt sym_sum",
    # Layer functions that are functions of the package too, with the same arguments.
    "rushlight.nn.functional": "celu celu_ channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
    "conv_transpose3d cosine_similarity group_norm layer_norm max_pool1d max_pool2d max_pool3d pairwise_distance "
    "pixel_shuffle pixel_unshuffle prelu rms_norm rrelu rrelu_ selu selu_",
}
LAZY.update({name: module for module, names in MODULES_OF_NAMES.items() for name in names.split()})

LEGACY_TENSORS = "Bool Byte Char Short Int Long Half BFloat16 Float Double"
LAZY.update({f"{name}Tensor": "rushlight._legacy_tensors" for name in LEGACY_TENSORS.split()})

LEGACY_STORAGES = f"{LEGACY_TENSORS} ComplexFloat ComplexDouble"
LAZY.update({f"{name}Storage": "rushlight._legacy_storages" for name in LEGACY_STORAGES.split()})

# Linear algebra under its older names: functions of the package, most of them Tensor methods too.
MATRIX_FUNCTIONS = (
    "cholesky cholesky_inverse cholesky_solve det geqrf inverse logdet lu lu_solve lu_unpack matrix_exp matrix_power "
    "orgqr ormqr pinverse qr slogdet svd triangular_solve"
).split()
LAZY.update(dict.fromkeys(MATRIX_FUNCTIONS, "rushlight.linalg.tensor_names"))
LAZY.update(dict.fromkeys(("svd_lowrank", "pca_lowrank"), "rushlight.linalg.low_rank"))

SERVICES = (
    "tensor empty full zeros ones empty_like zeros_like ones_like full_like empty_strided arange from_numpy "
    "promote_types can_cast result_type get_default_dtype set_default_dtype is_grad_enabled is_inference_mode_enabled "
    "get_num_threads set_num_threads set_flush_denormal memory_stats get_default_device"
).split()


def native_functions() -> dict:
    """Return the rows of the table that are functions of the package, and what else the engine offers it."""
    return {name: getattr(_C, name) for name in (*_C._function_names(), *SERVICES)}


class DeferredMethod:
    """A Tensor method that is imported when first looked up, and takes this place on the class."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, instance, owner):
        method = lazy(self.name)
        setattr(_C.Tensor, self.name, method)
        return method if instance is None else method.__get__(instance, owner)


def attach_deferred_methods(tensor_class):
    """Give the Tensor class its methods of linear algebra, and the one of a layer."""
    for name in MATRIX_FUNCTIONS:
        if name != "lu_unpack":
            setattr(tensor_class, name, DeferredMethod(name))
    tensor_class.prelu = DeferredMethod("prelu")


def lazy(name: str):
    """Return a public name that lives in a module of its own, or raise AttributeError naming it."""
    if name in LAZY:
        return getattr(importlib.import_module(LAZY[name]), name)
    from rushlight.compat import lookup

    return lookup(name)
