"""Chains of transforms that are one pass from the file to the result."""

from rushlight.image._fuse import fuse

_ORDER = ("Resize", "CenterCrop", "ToTensor", "Normalize")
"""Without random parameters, and with results whose kind does not depend on how the image was loaded."""


def one_pass(transforms):
    """Return the function of a path or bytes that does what ``transforms`` do one after the other, or None if there is none.

    The image is decoded at its full size, so that not a bit differs.
    """
    names = [type(transform).__name__ for transform in transforms]
    if len(names) < 2 or names[0] != "Resize" or names != [name for name in _ORDER if name in names]:
        return None
    chain = fuse(list(transforms))
    # "nearest" is PyTorch's for arrays and Pillow's for files.
    if chain is None or chain.options["algorithm"] == "nearest":
        return None
    options = {"exact": True, **chain.load_options()}
    if chain.tensors:
        options |= {"device": "cpu", "layout": "CHW"}
        options["framework"] = transforms[names.index("ToTensor")]._framework

    def load(source):
        from rushlight.image import load, load_bytes

        return (load_bytes if isinstance(source, bytes) else load)(source, **options)

    return load
