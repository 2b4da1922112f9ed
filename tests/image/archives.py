"""Tar archives of small images, made on the spot."""

import io
import json
import tarfile


def pixels(value, width=3, height=2):
    """A PNM image of one colour."""
    return b"P6 %d %d 255\n" % (width, height) + bytes([value % 256, value // 256, 7]) * (width * height)


def write_tar(path, files, mode="w", format=tarfile.GNU_FORMAT):
    """Writes `(name, bytes)` pairs."""
    with tarfile.open(path, mode, format=format) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return str(path)


def sample_files(number):
    """An image, its class, a text and an object."""
    yield f"train/{number:05d}.ppm", pixels(number)
    yield f"train/{number:05d}.cls", str(number % 10).encode()
    yield f"train/{number:05d}.txt", f"sample {number}".encode()
    yield f"train/{number:05d}.json", json.dumps({"number": number}).encode()


def write_shards(folder, shards, samples, suffix=".tar"):
    """`shards` archives of `samples` samples each, numbered through; returns a pattern for all."""
    mode = {".tar": "w", ".tar.gz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}[suffix]
    for shard in range(shards):
        numbers = range(shard * samples, (shard + 1) * samples)
        write_tar(folder / f"s-{shard:03d}{suffix}", [f for n in numbers for f in sample_files(n)], mode)
    return f"{folder}/s-{{000..{shards - 1:03d}}}{suffix}"
