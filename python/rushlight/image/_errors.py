"""What is wrong with an image file."""


class ImageError(OSError, ValueError):
    """An image that cannot be read.

    Attributes:
        file: the path, URL or name of the data, or None if they have none.
        format: the format the content was taken for ("JPEG"), or None if it was not recognised.
        reason: the rule that was broken.

    >>> error = ImageError("a.jpg", "JPEG", "JPEG: truncated image: the scan ends early")
    >>> print(error)
    a.jpg: JPEG: truncated image: the scan ends early
    """

    def __init__(self, file: str | None, format: str | None = None, reason: str | None = None):
        if reason is None:  # one text alone, as worker processes raise errors again
            file, reason = None, file
        super().__init__(reason if file is None else f"{file}: {reason}")
        self.file, self.format, self.reason = file, format, reason

    def __reduce__(self):
        return type(self), (self.file, self.format, self.reason)


class ImageNotFoundError(ImageError, FileNotFoundError):
    """An image file that does not exist."""


class ImageWarning(UserWarning):
    """Images that were left out or replaced because they cannot be read."""
