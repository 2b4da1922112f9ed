"""Images behind URLs, from a server on loopback with every fault it can think of."""

import time

import numpy as np
import pytest
from faulty_server import PIXELS, FaultyServer

from rushlight.image import ImageError, ImageNotFoundError, ImageWarning, load_url, load_urls
from rushlight.image.url import open_url, read_url

EXPECTED = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)


@pytest.fixture
def server():
    with FaultyServer() as server:
        yield server


def fails(server, path, reason, **options):
    with pytest.raises(ImageError, match=reason) as info:
        load_url(server.url(path), **{"timeout": 0.3, "retries": 1, **options})
    assert info.value.file == server.url(path)
    return info.value


@pytest.mark.parametrize(
    "path", ["/image", "/slow", "/unknown-length", "/to-image", "/cut-once", "/flaky/1", "/flaky/2"]
)
def test_an_image_arrives(server, path):
    np.testing.assert_array_equal(load_url(server.url(path)), EXPECTED)


def test_options_are_those_of_load(server):
    assert load_url(server.url("/image"), size=(4, 5)).shape == (4, 5, 3)
    assert load_url(server.url("/image"), size=(4, 5), normalize="imagenet").shape == (3, 4, 5)


def test_missing_images_are_asked_for_once(server):
    assert isinstance(fails(server, "/nothing", "HTTP 404"), ImageNotFoundError)
    assert len(server.requests) == 1


def test_retries_are_counted(server):
    fails(server, "/flaky/9", r"HTTP 500 .*\(after 3 attempts\)", retries=2)
    assert len(server.requests) == 3


@pytest.mark.parametrize("path", ["/stalled", "/stalled-body", "/dripping", "/dripping-head"])
def test_time_is_bounded(server, path):
    start = time.perf_counter()
    fails(server, path, "no answer", retries=0)
    assert time.perf_counter() - start < 1.5


@pytest.mark.parametrize(
    "path, reason",
    [
        ("/cut", "ends after 15 of 29 bytes"),
        ("/length-too-small", "PNM: truncated"),
        ("/garbage", "unrecognised image data"),
        ("/loop", "max_redirects=5"),
        ("/to-file", "redirect to 'file:///etc/passwd' is refused"),
        ("/to-ftp", "is refused"),
        ("/no-http", "the connection failed"),
    ],
)
def test_wrong_answers_are_errors(server, path, reason):
    fails(server, path, reason)


def test_redirects_are_counted(server):
    fails(server, "/loop", "max_redirects=2", max_redirects=2)
    assert len(server.requests) == 3


def test_size_is_bounded(server):
    fails(server, "/image", "29 bytes are more than max_bytes=20", max_bytes=20)
    fails(server, "/unknown-length/100000", "larger than max_bytes=50000", max_bytes=50000)


def test_secrets_stay_with_their_host(server):
    secret = {"Authorization": "Bearer x", "X-Other": "y"}
    load_url(server.url("/to-image"), headers=secret)
    load_url(server.url("/to-other-host"), headers=secret)
    assert [("Authorization" in h, "X-Other" in h) for h in server.headers] == [(True, True)] * 3 + [(False, True)]


def test_nobody_listens():
    with FaultyServer() as server:
        url = server.url("/image")
    with pytest.raises(ImageError, match="the connection failed"):
        load_url(url, retries=0)


def test_file_urls(tmp_path):
    path = tmp_path / "a b.ppm"
    path.write_bytes(PIXELS)
    np.testing.assert_array_equal(load_url(path.as_uri()), EXPECTED)
    with pytest.raises(ImageError, match="larger than max_bytes=5"):
        load_url(path.as_uri(), max_bytes=5)
    with pytest.raises(ImageNotFoundError):
        load_url((tmp_path / "none.jpg").as_uri())
    with pytest.raises(ValueError, match="names this machine"):
        load_url("file://elsewhere/a.jpg")
    with pytest.raises(ValueError, match="is no URL"):
        load_url(str(path))


def test_many_urls_keep_their_order(server):
    server.bodies |= {f"/{i}": b"P5 1 1 255\n" + bytes([i]) for i in range(20)}
    arrays = load_urls([server.url(f"/{i}") for i in range(20)], workers=4)
    assert [int(array[0, 0, 0]) for array in arrays] == list(range(20))


def test_many_urls_with_faults(server):
    server.bodies |= {f"/{i}": b"P5 1 1 255\n" + bytes([i + 1]) for i in range(3)}
    urls = [server.url(path) for path in ("/0", "/garbage", "/1", "/nothing", "/2")]
    options = {"size": (1, 1), "timeout": 2, "retries": 0}
    with pytest.raises(ImageNotFoundError, match="/nothing: HTTP 404"):
        load_urls(urls, **options)
    with pytest.raises(ImageError, match="/garbage: unrecognised") as info:
        load_urls(urls[:3], **options)
    assert info.value.file == urls[1]
    for errors, values in (("skip", [1, 2, 3]), ("substitute", [1, 0, 2, 0, 3])):
        report = []
        assert load_urls(urls, errors=errors, report=report, **options)[:, 0, 0, 0].tolist() == values
        assert [(error.index, error.file) for error in report] == [(1, urls[1]), (3, urls[3])]
    with pytest.warns(ImageWarning, match="garbage"):
        load_urls(urls, errors="skip", **options)


def test_a_stream_goes_on_after_broken_connections(server):
    server.bodies["/ranges"] = bytes(i % 251 for i in range(5500))
    with open_url(server.url("/ranges"), timeout=2) as file:
        assert file.read() == server.bodies["/ranges"]
    assert len(server.requests) == 6
    with open_url(server.url("/cut"), timeout=2, retries=1) as file, pytest.raises(ImageError, match="no ranges"):
        file.read()


def test_bytes_alone(server):
    assert read_url(server.url("/image")) == PIXELS
