r"""Image files to arrays: decode, resize, crop, normalise, augment, batch, stream, deduplicate.

NumPy arrays come out by default; nothing else of Rushlight needs to be used.

>>> from rushlight import image
>>> image.load_bytes(b"P6 1 1 255\n\x01\x02\x03").tolist()
[[[1, 2, 3]]]
"""

from importlib import import_module

from rushlight.image._errors import ImageError, ImageNotFoundError, ImageWarning
from rushlight.image._load import (
    ImageInfo,
    image_info,
    image_info_batch,
    load,
    load_batch,
    load_batch_bytes,
    load_bytes,
    to_dlpack,
)

_SUBMODULES = {
    "bench",
    "curation",
    "datasets",
    "folder",
    "io",
    "loader",
    "tar",
    "transforms",
    "tv_tensors",
    "url",
    "video",
}

_NAMES_OF_MODULES = {
    "_save": "encode_jpeg encode_png encode_webp save",
    "curation": "AestheticScorer contact_sheet deduplicate filter_dataset hamming_distance hamming_pairs phash phash_batch",
    "datasets": "DatasetFolder",
    "folder": "ImageDataset ImageFolder collate_fn create_dataloader",
    "loader": "ImageLoader",
    "tar": "TarDataset load_tar",
    "torchvision_datasets": "wrap_dataset_for_transforms_v2",
    "url": "load_url load_urls",
    "video": "load_video_frames video_frame_times video_info",
}
_MODULES = {name: module for module, names in _NAMES_OF_MODULES.items() for name in names.split()}


def __getattr__(name):
    if name in _SUBMODULES:
        return import_module(f"rushlight.image.{name}")
    if name in _MODULES:
        value = globals()[name] = getattr(import_module(f"rushlight.image.{_MODULES[name]}"), name)
        return value
    raise AttributeError(f"module 'rushlight.image' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_SUBMODULES, *_MODULES})
