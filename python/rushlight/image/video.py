"""Frames of videos, exact to the frame, through PyAV: `pip install "rushlight[video]"`."""

import bisect
import os
import sys
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rushlight.image._errors import ImageError, ImageNotFoundError

__all__ = ["VideoInfo", "load_video_frames", "video_frame_times", "video_info"]


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video's first stream of pictures is. `width` and `height` are those of the frames given, after rotation."""

    width: int
    height: int
    frames: int
    fps: float
    start: float
    duration: float
    codec: str
    pixel_format: str
    rotation: int


@dataclass(frozen=True, slots=True)
class _Index:
    """Presentation times of all frames in units of `time_base`, and those of the key frames among them, sorted."""

    times: list[int]
    keys: list[int]
    end: int
    time_base: Fraction

    def seconds(self, time):
        return float(time * self.time_base)

    def key_before(self, time):
        place = bisect.bisect_right(self.keys, time)
        return self.keys[place - 1] if place else self.times[0]


def video_info(path):
    """Size, number of frames, frame rate and codec of a video; only its packets are read, and one frame decoded.

    >>> video_info("clip.mp4")  # doctest: +SKIP
    VideoInfo(width=480, height=270, frames=390, fps=29.97, ...)
    """
    with _Video(path) as video:
        index, stream = video.index(), video.stream
        height, width, _ = video.shape()
        return VideoInfo(
            width=width,
            height=height,
            frames=len(index.times),
            fps=float(stream.average_rate or 0),
            start=index.seconds(index.times[0]),
            duration=index.seconds(index.end - index.times[0]),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=stream.pix_fmt or "",
            rotation=video.rotation(),
        )


def video_frame_times(path):
    """The presentation time of every frame, in seconds."""
    with _Video(path) as video:
        index = video.index()
        return [index.seconds(time) for time in index.times]


def load_video_frames(path, indices=None, fps=None, transform=None, keyframes=False):
    """Load frames as one array `[N, H, W, 3]` of uint8, upright.

    Args:
        path: a file or a file object.
        indices: numbers of frames in the order they are shown, in any order, negative from the end; all by default.
        fps: instead of `indices`, the frame shown at every 1 / fps seconds from the first frame on.
        transform: called with each frame `[H, W, 3]`; results of equal shape are stacked, others are a list.
        keyframes: instead of `indices`, only the frames that are coded without others.

    Only the groups of frames that hold a wanted one are decoded. Raises `ImageError` for what is no
    video, `IndexError` for a frame that does not exist.

    >>> frames = load_video_frames("clip.mp4", indices=[0, 10, -1])  # doctest: +SKIP
    """
    if (indices is not None) + (fps is not None) + bool(keyframes) > 1:
        raise ValueError("only one of indices, fps and keyframes can be given")
    with _Video(path) as video:
        index = video.index()
        times = _wanted(index, indices, fps, keyframes)
        return _collect(video, index, times, transform)


def _collect(video, index, times, transform):
    """The frames at `times`, each put at all its places as soon as it is decoded."""
    places = {}
    for place, time in enumerate(times):
        places.setdefault(time, []).append(place)
    frames = None if transform is None else [None] * len(times)
    for time, frame in video.frames(sorted(places), index):
        array = _upright(frame)
        if frames is None:
            frames = np.empty((len(times), *array.shape), np.uint8)
        value = array if transform is None else transform(array)
        for place in places[time]:
            frames[place] = value
    if frames is None:
        return np.empty((0, *video.shape()), np.uint8)
    return frames if transform is None else _stack(frames)


def _wanted(index, indices, fps, keyframes):
    count = len(index.times)
    if keyframes:
        return index.keys
    if fps is not None:
        return _at_rate(index, fps)
    if indices is None:
        return index.times
    for i in indices:
        if not -count <= i < count:
            raise IndexError(f"frame {i} is out of range for a video of {count} frames")
    return [index.times[i] for i in indices]


def _at_rate(index, fps):
    if not fps > 0:
        raise ValueError(f"fps should be positive, but got {fps}")
    step = 1 / Fraction(fps).limit_denominator(1 << 20) / index.time_base
    start = index.times[0]
    count = -((start - index.end) // step)
    # The last frame whose time has come; a frame at exactly the time counts.
    return [index.times[bisect.bisect_right(index.times, start + k * step) - 1] for k in range(int(count))]


def _upright(frame):
    array = frame.to_ndarray(format="rgb24")
    return np.rot90(array, frame.rotation // 90 % 4) if frame.rotation else array


def _stack(values):
    """Arrays or tensors of equal shape as one; others as they are."""
    kinds = {(type(value), getattr(value, "shape", None)) for value in values}
    if len(kinds) != 1:
        return values
    if isinstance(values[0], np.ndarray):
        return np.stack(values)
    module = sys.modules[type(values[0]).__module__.partition(".")[0]]
    return module.stack(values) if type(values[0]).__name__ == "Tensor" else values


class _Video:
    """An open video and its first stream of pictures."""

    def __init__(self, path):
        self._av = _import_av()
        self._name = str(getattr(path, "name", path))
        if isinstance(path, (str, os.PathLike)):
            path = os.fspath(path)
            if not os.path.exists(path) and "://" not in path:
                raise ImageNotFoundError(path, None, "there is no such file")
        self._container = self._guarded(lambda: self._av.open(path))
        if not self._container.streams.video:
            self._container.close()
            raise ImageError(self._name, None, "there is no stream of pictures in it")
        self.stream = self._container.streams.video[0]
        self.stream.thread_type = "AUTO"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._container.close()

    def _guarded(self, action):
        try:
            return action()
        except self._av.FFmpegError as error:
            raise ImageError(self._name, None, f"the video cannot be read: {error}") from None

    def rotation(self):
        """Degrees by which frames are turned counter-clockwise to be upright."""
        first = next(self.decode_from(0), None)
        return first.rotation % 360 if first is not None else 0

    def shape(self):
        """Of an upright frame."""
        height, width = self.stream.height, self.stream.width
        return (width, height, 3) if self.rotation() in (90, 270) else (height, width, 3)

    def index(self):
        """Reads all packets, decodes none."""
        packets = self._guarded(lambda: [p for p in self._container.demux(self.stream) if p.size and not p.is_discard])
        if not packets or any(packet.pts is None for packet in packets):
            packets = self._guarded(lambda: self._decoded())
        if not packets:
            raise ImageError(self._name, None, "there are no frames in it")
        last = max(packets, key=lambda p: p.pts)
        times = sorted(packet.pts for packet in packets)
        keys = sorted(p.pts for p in packets if getattr(p, "is_keyframe", False) or getattr(p, "key_frame", False))
        step = last.duration or (times[-1] - times[-2] if len(times) > 1 else 1)
        return _Index(times, keys, times[-1] + step, self.stream.time_base)

    def _decoded(self):
        """Frames in the place of packets, for streams whose packets have no times."""
        self._container.seek(0)
        return [frame for frame in self._container.decode(self.stream) if frame.pts is not None]

    def decode_from(self, time):
        """The frames from the key frame at or before a time on."""
        self._guarded(lambda: self._container.seek(time, stream=self.stream, backward=True))
        frames = self._container.decode(self.stream)
        while (frame := self._guarded(lambda: next(frames, None))) is not None:
            if frame.pts is not None:
                yield frame

    def frames(self, wanted, index):
        """`(time, frame)` of the wanted times, which ascend."""
        decoded, reached = None, None
        for time in wanted:
            key = index.key_before(time)
            if decoded is None or reached < key:
                decoded = self._enter(key, time, index)
            for frame in decoded:
                reached = frame.pts
                if reached >= time:
                    break
            if reached != time:
                raise ImageError(self._name, None, f"the frame at {index.seconds(time):.6f} s cannot be decoded")
            yield time, frame

    def _enter(self, key, time, index):
        """Frames from `key` on, or from the beginning where the container seeks too far."""
        frames = self.decode_from(key)
        first = next(frames, None)
        if first is None or first.pts > time:
            return self.decode_from(index.times[0])
        return _chain(first, frames)


def _chain(first, rest):
    yield first
    yield from rest


def _import_av():
    try:
        import av
    except ImportError:
        raise ImportError('videos are read with PyAV, which is not installed: pip install "rushlight[video]"') from None
    return av
