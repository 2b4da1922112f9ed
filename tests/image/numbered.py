"""Images that show their number, and a loader whose labels are those numbers."""

from archives import pixels

from rushlight.image import ImageLoader


def numbered_images(folder):
    """50 images of 9 x 7 whose first sample is their number."""
    for number in range(50):
        (folder / f"{number:03d}.ppm").write_bytes(pixels(number, 9, 7))
    return [folder / f"{number:03d}.ppm" for number in range(50)]


def loader(paths, batch_size=8, **options):
    return ImageLoader(paths, batch_size, **{"labels": list(range(len(paths))), "size": (4, 5), **options})


def numbers(batches):
    found = []
    for images, labels in batches:
        assert [int(image[0, 0, 0]) for image in images] == list(labels), "an image has another one's label"
        found += [int(label) for label in labels]
    return found
