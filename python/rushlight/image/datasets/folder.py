"""Files in folders whose sub-folders are classes, with the names of ``torchvision.datasets.folder``."""

import os

from rushlight.image._load import load
from rushlight.image.datasets.vision import VisionDataset

__all__ = [
    "IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "default_loader", "find_classes", "has_file_allowed_extension",
    "is_image_file", "make_dataset", "pil_loader",
]  # fmt: skip

IMG_EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp", ".avif", ".gif", ".qoi", ".pbm", ".pnm"
)  # fmt: skip


def default_loader(path):
    """A file as a PIL image of mode RGB, not turned by its EXIF orientation; greys of 16 bits are scaled, where Pillow cuts them at 255."""
    from PIL import Image

    return Image.fromarray(load(path, exif=False))


def pil_loader(path):
    """The same as Pillow reads it."""
    from PIL import Image

    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


def has_file_allowed_extension(filename, extensions):
    """Whether a name ends with one of the extensions, which are in lower case."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def is_image_file(filename):
    """Whether a name ends as those of images do.

    >>> is_image_file("A.JPG"), is_image_file("notes.txt")
    (True, False)
    """
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory):
    """`(classes, class_to_idx)` of the sub-folders of a folder."""
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: index for index, name in enumerate(classes)}


def make_dataset(directory, class_to_idx=None, extensions=None, is_valid_file=None, allow_empty=False):
    """`(path, label)` of all files in the sub-folders of a folder that have one of the extensions, or are valid."""
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    if not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    valid = is_valid_file or (lambda path: has_file_allowed_extension(path, extensions))
    samples, empty = [], []
    for name, index in sorted(class_to_idx.items()):
        found = [path for path in _walk(os.path.join(os.path.expanduser(directory), name)) if valid(path)]
        samples += [(path, index) for path in found]
        empty += [] if found else [name]
    if empty and not allow_empty:
        listed = extensions if isinstance(extensions, str) else ", ".join(extensions or ())
        known = f" Supported extensions are: {listed}" if extensions else ""
        raise FileNotFoundError(f"Found no valid file for the classes {', '.join(empty)}.{known}")
    return samples


def _walk(folder):
    """The files under a folder, in torchvision's order."""
    for parent, _, names in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(names):
            yield os.path.join(parent, name)


class DatasetFolder(VisionDataset):
    """Files in `root/CLASS/.../file`; the classes are the sorted names of the sub-folders.

    Args:
        root: the folder.
        loader: called with each path.
        extensions: those that count, in lower case; instead of them
        is_valid_file: called with each path.
        transform, target_transform: called with what the loader gives, and with each label.
        allow_empty: whether a class may have no files.
    """

    def __init__(
        self,
        root,
        loader,
        extensions=None,
        transform=None,
        target_transform=None,
        is_valid_file=None,
        allow_empty=False,
    ):
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader, self.extensions = loader, extensions
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(self.root, self.class_to_idx, extensions, is_valid_file, allow_empty)
        self.targets = [target for _, target in self.samples]

    def find_classes(self, directory):
        """`(classes, class_to_idx)`: override it for classes of another kind."""
        return find_classes(directory)

    @staticmethod
    def make_dataset(directory, class_to_idx, extensions=None, is_valid_file=None, allow_empty=False):
        """`(path, label)` of all files of the classes."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def __getitem__(self, index):
        path, target = self.samples[index]
        sample = self.loader(path)
        sample = sample if self.transform is None else self.transform(sample)
        return sample, target if self.target_transform is None else self.target_transform(target)

    def __len__(self):
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Images in `root/CLASS/.../file`; the classes are the sorted names of the sub-folders, the images PIL images of mode RGB.

    Args:
        root: the folder.
        transform, target_transform: called with each image, and with each label.
        loader: called with each path.
        is_valid_file: called with each path in place of looking at its extension.
        allow_empty: whether a class may have no images.
    """

    def __init__(
        self,
        root,
        transform=None,
        target_transform=None,
        loader=default_loader,
        is_valid_file=None,
        allow_empty=False,
    ):
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)

    @property
    def imgs(self):
        """The same list as `samples`."""
        return self.samples
