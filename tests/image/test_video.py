"""Frames by number: the same as decoding everything and counting, at the times of the tables beside the videos."""

import builtins
import contextlib
import json
import random

import numpy as np
import pytest
from data import shared

from rushlight.image import ImageError
from rushlight.image._errors import ImageNotFoundError
from rushlight.image.video import load_video_frames, video_frame_times, video_info

FILES = [
    "imageio/realshort.mp4",
    "torchcodec/av1_video.mkv",
    "torchcodec/nasa_13013_rotated.mp4",
    "torchcodec/test_non_zero_start.mp4",
    "torchcodec/testsrc2_odd_width_vp9.mp4",
    "torchcodec/testsrc2_vp8.webm",
]


def need_av():
    return pytest.importorskip("av", reason="needs PyAV")


def clip(path, frames=50, size=(64, 48), rate=25, group=12):
    """A video in which every frame has a brightness of its own."""
    av = need_av()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", group, 4_000_000
        stream.codec_context.options = {"sc_threshold": "1000000000"}
        for number in range(frames):
            pixels = np.full((size[1], size[0], 3), 5 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pict_type = 1 if number % group == 0 else 2
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def brightness(frames):
    return [round(frame.mean() / 5) for frame in frames]


def test_frames_by_number(tmp_path):
    path = clip(tmp_path / "a.mp4")
    assert brightness(load_video_frames(path)) == list(range(50))
    wanted = [49, 3, 3, 0, 26, 25, 24, -1, -50]
    assert brightness(load_video_frames(path, indices=wanted)) == [49, 3, 3, 0, 26, 25, 24, 49, 0]
    assert load_video_frames(path, indices=[]).shape == (0, 48, 64, 3)
    for wrong in (50, -51):
        with pytest.raises(IndexError, match="out of range for a video of 50 frames"):
            load_video_frames(path, indices=[wrong])


def test_key_frames_and_rates(tmp_path):
    path = clip(tmp_path / "a.mp4")
    assert brightness(load_video_frames(path, keyframes=True)) == [0, 12, 24, 36, 48]
    assert brightness(load_video_frames(path, fps=5)) == list(range(0, 50, 5))
    assert brightness(load_video_frames(path, fps=10)) == [0, 2, 5, 7, 10, 12, 15, 17] + [
        20,
        22,
        25,
        27,
        30,
        32,
        35,
        37,
        40,
        42,
        45,
        47,
    ]
    assert len(load_video_frames(path, fps=50)) == 100
    with pytest.raises(ValueError, match="only one of"):
        load_video_frames(path, indices=[0], fps=1)
    with pytest.raises(ValueError, match="positive"):
        load_video_frames(path, fps=0)


def test_information(tmp_path):
    info = video_info(clip(tmp_path / "a.mp4"))
    assert (info.width, info.height, info.frames, info.fps, info.start, info.duration) == (64, 48, 50, 25, 0, 2)
    assert (info.codec, info.pixel_format, info.rotation) == ("mpeg4", "yuv420p", 0)


def test_transforms(tmp_path):
    path = clip(tmp_path / "a.mp4", frames=3)
    assert load_video_frames(path, transform=lambda frame: frame[:2, :2].astype(float)).shape == (3, 2, 2, 3)
    assert isinstance(load_video_frames(path, transform=lambda frame: frame[: 1 + frame[0, 0, 0] // 5]), list)


@pytest.mark.parametrize("name", FILES)
def test_real_videos_are_exact_to_the_frame(name):
    av = need_av()
    path = shared(f"video/{name}")
    with av.open(str(path)) as container:
        decoded = sorted(container.decode(video=0), key=lambda frame: frame.pts)
        times = [float(frame.pts * frame.time_base) for frame in decoded]
        upright = [np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90) for frame in decoded]
    assert video_frame_times(path) == times
    assert video_info(path).frames == len(decoded)
    wanted = random.Random(0).sample(range(len(decoded)), 8)
    np.testing.assert_array_equal(load_video_frames(path, indices=wanted), [upright[i] for i in wanted])


@pytest.mark.parametrize("name", ["nasa_13013_rotated.mp4", "test_non_zero_start.mp4"])
def test_times_are_those_of_the_tables(name):
    need_av()
    table = json.loads(shared(f"video/torchcodec/{name}.stream0.all_frames_info.json").read_text())
    expected = [float(frame["pts_time"]) for frame in table]
    assert video_frame_times(shared(f"video/torchcodec/{name}")) == pytest.approx(expected, abs=1e-6)


def test_what_is_no_video(tmp_path):
    need_av()
    (tmp_path / "a.mp4").write_bytes(b"no video at all" * 50)
    with pytest.raises(ImageError, match=r"a\.mp4: the video cannot be read"):
        load_video_frames(tmp_path / "a.mp4")
    with pytest.raises(ImageNotFoundError):
        video_info(tmp_path / "none.mp4")
    whole = clip(tmp_path / "b.mkv").read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "c.mkv").write_bytes(whole[:length])
        with contextlib.suppress(ImageError):
            frames = load_video_frames(tmp_path / "c.mkv")
            assert brightness(frames) == list(range(len(frames)))


def test_without_av_the_cure_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r'pip install "rushlight\[video\]"'):
        video_info("a.mp4")
