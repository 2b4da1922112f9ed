"""Image files with labels: folders whose sub-folders are classes, and lists of paths."""

import importlib.util
import os
import sys

import numpy as np

from rushlight.image._load import load
from rushlight.image._torch import register_collation
from rushlight.image.datasets.folder import IMG_EXTENSIONS, DatasetFolder
from rushlight.image.datasets.vision import StandardTransform
from rushlight.utils.data import Dataset

__all__ = ["IMG_EXTENSIONS", "ImageDataset", "ImageFolder", "collate_fn", "create_dataloader", "default_loader"]


def default_loader(path):
    """A file as an upright PIL image of mode RGB, or as an array where there is no Pillow: for programs that open `samples` themselves."""
    array = load(path)
    try:
        from PIL import Image
    except ImportError:
        return array
    return Image.fromarray(array)


class ImageDataset(Dataset):
    """Images by path: `dataset[i]` is `(image, label)`, or the image alone without labels.

    Args:
        paths: of the files.
        labels: one for each path.
        transform: called with each image, a uint8 array `[H, W, 3]`; torchvision's with a PIL image, and so those of `rushlight.image`
            that call functions of the program's own before they make tensors; the others of `rushlight.image` with the path itself, if
            nothing else is asked for, so that they can decode only what they need.
        size, crop, normalize, device: as `rushlight.image.load` takes them. Without a transform and with
            `device="cpu"` the image is a tensor `[3, H, W]`.
        target_transform: called with each label.
        loader: called with the path in place of `rushlight.image.load`.
        options: further ones of `rushlight.image.load` (`algorithm`, `mode`, `framework`, ...).

    >>> from rushlight.image import ImageDataset
    >>> len(ImageDataset(["a.jpg", "b.jpg"], labels=[0, 1], size=224, crop="center"))
    2
    """

    def __init__(
        self,
        paths,
        labels=None,
        transform=None,
        size=None,
        crop=None,
        normalize=None,
        device="cpu",
        *,
        target_transform=None,
        loader=None,
        **options,
    ):
        self.paths = [os.fspath(path) for path in paths]
        self.labels = labels
        if labels is not None and len(labels) != len(self.paths):
            raise ValueError(
                f"expected a label for each path, but got {len(labels)} labels for {len(self.paths)} paths"
            )
        self.transform, self.target_transform = transform, target_transform
        self.loader = default_loader if loader is None else loader
        self.device = device
        self.options = {"size": size, "crop": crop, "normalize": normalize, **options}
        register_collation()
        # A spelling mistake among the options should not wait for the first image.
        native_recipe(self.options)

    def __setstate__(self, state):
        self.__dict__.update(state)
        register_collation()

    def __len__(self):
        return len(self.paths)

    def label(self, index):
        """The label of a sample, transformed."""
        label = self.labels[index]
        return label if self.target_transform is None else self.target_transform(label)

    def __getitem__(self, index):
        image = self._image(self.paths[index])
        return image if self.labels is None else (image, self.label(index))

    def __getitems__(self, indices):
        """A whole batch, decoded on several threads where no Python has to be called for each image."""
        if self.transform is not None or self.loader is not default_loader:
            return [self[index] for index in indices]
        from rushlight.image import load_batch

        images = load_batch([self.paths[i] for i in indices], workers=_threads(), **self._tensor_options())
        return (
            images
            if self.labels is None
            else [(image, self.label(i)) for image, i in zip(images, indices, strict=True)]
        )

    def _tensor_options(self):
        layout = {} if self.device is None else {"layout": "CHW"}
        return {**layout, **self.options, "device": self.device}

    def _image(self, path):
        from rushlight.image import load

        if self.loader is not default_loader:
            image = self.loader(path)
        elif self.transform is None:
            return load(path, **self._tensor_options())
        elif self._opens_files():
            return self.transform(path)
        else:
            image = load(path, **self.options)
        return image if self.transform is None else transformed(self.transform, image)

    def _opens_files(self):
        """Whether the transform can be given the path."""
        plain = all(value is None for value in self.options.values())
        ours = type(self.transform).__module__.startswith("rushlight.image.transforms")
        return plain and ours and not wants_pillow(self.transform)


def transformed(transform, image):
    """What a transform makes of an array; of the array as a PIL image where torchvision's data sets would give one to functions that need it."""
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 and wants_pillow(transform):
        from PIL import Image

        image = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    return transform(image)


def wants_pillow(transform):
    """Whether the images that come in go to torchvision, which knows no arrays, or to functions of the program's own within a transform of ours."""
    from rushlight.image._batches import draws_own

    if type(transform).__module__.startswith("torchvision."):
        return True
    if not type(transform).__module__.startswith("rushlight.image.transforms."):
        return False
    steps = transform.transforms if type(transform).__name__ == "Compose" else [transform]
    foreign = [not draws_own(step) for step in steps]
    makers = [type(step).__name__ in ("ToTensor", "PILToTensor", "ToImage") for step in steps]
    return any(foreign) and not any(makers[: foreign.index(True)]) and importlib.util.find_spec("PIL") is not None


def native_recipe(options):
    """The native recipe of options of `load`, and the type to convert its results to (`None` if they have it)."""
    from rushlight.image._recipe import split

    rest = {name: value for name, value in options.items() if name not in ("device", "framework")}
    first = [rest.pop(name, None) for name in ("size", "algorithm", "crop", "normalize")]
    return split(*first, rest)[0]


def _threads():
    """Threads for one batch: a worker process has its share of the cores."""
    from rushlight.image._calls import thread_count
    from rushlight.image._sample_stream import worker_share

    return max(1, thread_count(None) // worker_share()[1])


class ImageFolder(ImageDataset, DatasetFolder):
    """Images in `root/CLASS/.../file`; the classes are the sorted names of the sub-folders.

    The attributes and methods are torchvision's: `classes`, `class_to_idx`, `samples` (`imgs`), `targets`, `loader`, `extensions`,
    `transform`, `target_transform`, `transforms`, `find_classes`, `make_dataset`. The arguments after `root` are those of `ImageDataset`, and

    Args:
        is_valid_file: called with each path in place of looking at its extension.
        allow_empty: whether a class may have no images.
        extensions: those that count, in lower case.

    >>> from rushlight.image import ImageFolder
    >>> data = ImageFolder("photos", size=224, crop="center", normalize="imagenet")  # doctest: +SKIP
    >>> image, label = data[0]  # doctest: +SKIP
    """

    def __init__(
        self,
        root,
        transform=None,
        size=None,
        crop=None,
        normalize=None,
        device="cpu",
        *,
        target_transform=None,
        loader=None,
        is_valid_file=None,
        allow_empty=False,
        extensions=IMG_EXTENSIONS,
        **options,
    ):
        self.root = os.fspath(root)
        self.extensions = tuple(extensions) if is_valid_file is None else None
        self.is_valid_file = is_valid_file
        self.classes, self.class_to_idx = self.find_classes(self.root)
        samples = self.make_dataset(self.root, self.class_to_idx, self.extensions, is_valid_file, allow_empty)
        self.targets = [target for _, target in samples]
        super().__init__(
            [path for path, _ in samples],
            self.targets,
            transform,
            size,
            crop,
            normalize,
            device,
            target_transform=target_transform,
            loader=loader,
            **options,
        )
        self.samples = samples

    @property
    def samples(self):
        """`(path, label)` of each image; another list may be set."""
        return self._samples

    @samples.setter
    def samples(self, samples):
        self._samples = samples
        self.paths = [os.fspath(path) for path, _ in samples]
        self.labels = [label for _, label in samples]

    @property
    def imgs(self):
        """The same list as `samples`."""
        return self.samples

    @property
    def transforms(self):
        """A function of image and label that applies both transforms, if there is one."""
        given = self.transform is not None or self.target_transform is not None
        return StandardTransform(self.transform, self.target_transform) if given else None


def collate_fn(batch, **options):
    """Make a batch of samples `(image, label)` or images alone, as `DataLoader(..., collate_fn=collate_fn)` does.

    Images that are paths or encoded bytes are decoded together on several threads, with the `options` of
    `rushlight.image.load_batch`; arrays and tensors are stacked. Labels that are numbers become an array or tensor
    of the images' kind.

    >>> import numpy as np
    >>> images, labels = collate_fn([(np.zeros((3, 4, 5)), 1), (np.ones((3, 4, 5)), 2)])
    >>> images.shape, labels
    ((2, 3, 4, 5), array([1, 2]))
    """
    if not isinstance(batch[0], (tuple, list)):
        return _collate_images(batch, options)
    images, *rest = zip(*batch, strict=True)
    images = _collate_images(images, options)
    return (images, *(collate_labels(column, images) for column in rest))


def _collate_images(images, options):
    first = images[0]
    if isinstance(first, (str, os.PathLike)):
        from rushlight.image import load_batch

        return load_batch(images, workers=options.pop("workers", None) or _threads(), **options)
    if isinstance(first, (bytes, bytearray, memoryview)):
        from rushlight.image import load_batch_bytes

        return load_batch_bytes(images, workers=options.pop("workers", None) or _threads(), **options)
    return stack(images)


def stack(images):
    """Arrays or tensors of one shape as one; raises `ValueError` if the shapes differ."""
    shapes = {tuple(np.shape(image)) for image in images}
    if len(shapes) > 1:
        raise ValueError(
            f"images of the shapes {sorted(shapes)[:4]} cannot be made a batch: resize or crop them to one size"
        )
    if isinstance(images[0], np.ndarray):
        return np.stack(images)
    return _module(images[0]).stack(list(images))


def _module(tensor):
    """The package a tensor is of."""
    kind = next((kind for kind in type(tensor).__mro__ if kind.__name__ in ("Tensor", "TensorBase")), None)
    if kind is None:
        raise TypeError(
            f"expected images as arrays or tensors, but got {type(tensor).__name__}: add a transform to tensors"
        )
    return sys.modules[kind.__module__.partition(".")[0]]


def collate_labels(labels, images):
    """Labels as an array, or as a tensor if the images are one; what are no numbers stays a list."""
    if not all(isinstance(label, (int, float, np.generic)) for label in labels):
        return list(labels)
    values = np.asarray(labels)
    return values if isinstance(images, (np.ndarray, list)) else _module(images).from_numpy(values)


def create_dataloader(dataset, batch_size=32, shuffle=True, drop_last=False, **kwargs):
    """A loader of batches `(images, labels)`: the native `ImageLoader` where it can, else a `DataLoader`.

    Args:
        dataset: `ImageFolder`, `ImageDataset` and `TarDataset` are loaded natively, unless they have a
            Python loader or the arguments are only known to `rushlight.utils.data.DataLoader`.
        shuffle: for a `TarDataset`, see its own arguments.
        kwargs: of `ImageLoader` (`workers`, `prefetch`, `seed`, `errors`, ...) or of `DataLoader`.

    >>> loader = create_dataloader(ImageFolder("photos", size=224, crop="center"))  # doctest: +SKIP
    """
    from rushlight.image.loader import ImageLoader, is_native
    from rushlight.utils.data import DataLoader, IterableDataset

    native = dict(kwargs)
    if "num_workers" in native and "workers" not in native:
        native["workers"] = native.pop("num_workers") or None
    if native.get("prefetch_factor") is not None:
        native["prefetch"] = native.pop("prefetch_factor")
    if is_native(dataset) and native.keys() <= ImageLoader.OPTIONS:
        shuffle = shuffle and isinstance(dataset, ImageDataset)
        return ImageLoader(dataset, batch_size, shuffle, drop_last=drop_last, **native)
    if isinstance(dataset, IterableDataset):
        shuffle = None
    if isinstance(dataset, (ImageDataset, DatasetFolder)):
        kwargs.setdefault("collate_fn", collate_fn)
    return DataLoader(dataset, batch_size, shuffle, drop_last=drop_last, **kwargs)
