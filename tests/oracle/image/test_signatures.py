"""Names, arguments and defaults of torchvision's functions and classes, as ``inspect`` tells them."""

import inspect
import re
import warnings

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")
warnings.filterwarnings("ignore", module="torchvision")

from torchvision.transforms import functional as theirs_v1  # noqa: E402
from torchvision.transforms.v2 import functional as theirs_v2  # noqa: E402

from rushlight.image.transforms import functional as ours_v1  # noqa: E402
from rushlight.image.transforms.v2 import functional as ours_v2  # noqa: E402

MODULES = {"v1": (theirs_v1, ours_v1), "v2": (theirs_v2, ours_v2)}


def functions(version):
    module = MODULES[version][0]
    found = [name for name, value in vars(module).items() if inspect.isfunction(value) and not name.startswith("_")]
    return [name for name in found if getattr(module, name).__module__.startswith("torchvision.transforms")]


EVERY = [(version, name) for version in MODULES for name in functions(version)]


def same_default(name, theirs, own):
    """``None`` stands for float32 of the input's package, and for black."""
    if own is None:
        return theirs is None or (name, theirs) in (("dtype", torch.float32), ("fill", 0))
    return own == theirs or str(own) == str(theirs)


@pytest.mark.parametrize("version, name", EVERY)
def test_arguments_of_functions(version, name):
    theirs, ours = (inspect.signature(getattr(module, name)).parameters for module in MODULES[version])
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in ours.values()):
        return
    for theirs_one, own in list(zip(theirs.values(), ours.values(), strict=False))[1:]:
        assert own.name == theirs_one.name and own.kind == theirs_one.kind
        assert same_default(own.name, theirs_one.default, own.default), own.name
    assert len(ours) >= len(theirs)
    assert all(parameter.default is not parameter.empty for parameter in list(ours.values())[len(theirs) :])


@pytest.mark.parametrize("version, name", EVERY)
def test_the_input_by_keyword(version, name):
    first, *_ = inspect.signature(getattr(MODULES[version][0], name)).parameters
    function = getattr(MODULES[version][1], name)
    own, *_ = inspect.signature(function).parameters
    try:
        function(**{first: object()})
    except Exception as error:
        missing = re.search("missing .* arguments?: (.*)", str(error))
        assert "unexpected keyword" not in str(error), error
        assert missing is None or f"'{own}'" not in missing[1], error


def test_the_input_by_keyword_gives_the_result():
    image = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
    for module in (ours_v1, theirs_v1):
        assert module.hflip(img=image).tolist() == module.hflip(image).tolist()
        assert module.adjust_brightness(img=image, brightness_factor=2.0).tolist() == (image * 2).tolist()
        assert module.normalize(tensor=image / 1, mean=[0.0], std=[2.0]).tolist() == (image / 2).tolist()
    for module in (ours_v2, theirs_v2):
        assert module.horizontal_flip_image(image=image).tolist() == image.flip(-1).tolist()
        assert module.vertical_flip_mask(mask=image).tolist() == image.flip(-2).tolist()


def test_no_input_at_all_is_the_usual_error():
    for options in ({}, {"picture": 3}):
        with pytest.raises(TypeError, match=r"flip\(\) missing 1 required positional argument: 'inpt'"):
            ours_v2.hflip(**options)
