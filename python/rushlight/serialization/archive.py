"""The container of checkpoints: a zip archive of stored records, each on a 64-byte boundary.

Records are laid out as PyTorch's writer does it (an `FB` extra field as padding, a data
descriptor after each record, zip64 where needed), so that its reader may compute offsets
instead of reading them. Format: APPNOTE.TXT 6.3.10 of PKWARE.
"""

import hashlib
import struct
import zipfile
import zlib

__all__ = ["ArchiveReader", "ArchiveWriter", "ALIGNMENT"]

ALIGNMENT = 64
MOST_32 = 0xFFFFFFFF
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
# General purpose flags: names are UTF-8; sizes follow the data in a descriptor.
UTF8, DESCRIPTOR = 1 << 11, 1 << 3
# What `zipfile` raises for damaged archives.
DAMAGED = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
# Deflate cannot make data smaller than this share of its size.
BEST_DEFLATE = 1032


class ArchiveWriter:
    """Writes records one after the other; needs only `write` of its file."""

    def __init__(self, file, name):
        self._file = file
        self._name = name
        self._position = 0
        self._entries = []

    def write(self, name, data):
        """Append the record `name` with the bytes of `data`."""
        path = f"{self._name}/{name}".encode()
        start, size, crc = self._position, len(data), zlib.crc32(data)
        flags = UTF8 | (DESCRIPTOR if size else 0)
        extra = _padding(start, len(path), size)
        header = LOCAL_HEADER.pack(b"PK\3\4", 0, flags, 0, 0, 0, 0, 0, 0, len(path), len(extra))
        self._put(header + path + extra)
        self._put(data)
        if size:
            wide = size >= MOST_32 or start >= MOST_32
            self._put(struct.pack("<4sIQQ" if wide else "<4sIII", b"PK\7\x08", crc, size, size))
        self._entries.append((path, flags, crc, size, start))

    def finish(self):
        """Write the record that identifies the contents and the directory."""
        digest = hashlib.blake2b(repr(self._entries).encode(), digest_size=16).digest()
        self.write(".data/serialization_id", b"%020d%020d" % struct.unpack("<QQ", digest))
        start = self._position
        for entry in self._entries:
            self._put(_central_entry(*entry))
        self._put(_end_records(len(self._entries), start, self._position - start))

    def _put(self, data):
        self._file.write(data)
        self._position += len(data)


def _padding(start, name_length, size):
    zip64 = _zip64_field(size, start)
    unpadded = start + LOCAL_HEADER.size + name_length + len(zip64) + 4
    fill = -unpadded % ALIGNMENT
    return zip64 + struct.pack("<2sH", b"FB", fill) + b"Z" * fill


def _zip64_field(size, start):
    values = [size, size] if size >= MOST_32 else []
    values += [start] if start >= MOST_32 else []
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def _central_entry(path, flags, crc, size, start):
    extra = _zip64_field(size, start)
    size, start = min(size, MOST_32), min(start, MOST_32)
    return (
        CENTRAL_HEADER.pack(b"PK\1\2", 0, 0, flags, 0, 0, 0, crc, size, size, len(path), len(extra), 0, 0, 0, 0, start)
        + path
        + extra
    )


def _end_records(count, start, size):
    end = start + size
    return (
        struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
        + struct.pack(
            "<4s4HIIH",
            b"PK\5\6",
            0,
            0,
            min(count, 0xFFFF),
            min(count, 0xFFFF),
            min(size, MOST_32),
            min(start, MOST_32),
            0,
        )
    )


class ArchiveReader:
    """Reads records of an archive after checking that its directory can be true.

    Raises `RuntimeError` for a damaged archive, a missing record, or one whose checksum or
    size is wrong.
    """

    def __init__(self, file):
        self._file = file
        start = file.tell()
        self._size = file.seek(0, 2)
        file.seek(start)
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGED as error:
            raise RuntimeError(f"failed reading zip archive: {error}") from None
        entries = self._zip.infolist()
        if not entries:
            raise RuntimeError("failed reading zip archive: it holds no records")
        self._check_sizes(entries)
        self._prefix = entries[0].filename.partition("/")[0] + "/"
        self._entries = {entry.filename: entry for entry in entries}

    def _check_sizes(self, entries):
        if sum(entry.compress_size for entry in entries) > self._size:
            raise RuntimeError("failed reading zip archive: records overlap or exceed the file")
        for entry in entries:
            expanded = entry.compress_type != zipfile.ZIP_STORED
            most = entry.compress_size * BEST_DEFLATE + 64 if expanded else entry.compress_size
            if entry.file_size > most:
                raise RuntimeError(
                    f"failed reading zip archive: record {entry.filename} declares "
                    f"{entry.file_size} bytes, but only {most} are possible"
                )

    def __contains__(self, name):
        return self._prefix + name in self._entries

    def size(self, name):
        return self._entry(name).file_size

    def read(self, name):
        """The bytes of a record."""
        data = bytearray(self.size(name))
        self.read_into(name, data)
        return bytes(data)

    def read_into(self, name, buffer):
        """Fill `buffer`, which has the record's size, and check the checksum."""
        entry, filled = self._entry(name), 0
        buffer = memoryview(buffer)
        try:
            with self._zip.open(entry) as record:
                while filled < len(buffer):
                    count = record.readinto(buffer[filled : filled + (1 << 22)])
                    if not count:
                        break
                    filled += count
                rest = record.read(1)
        except DAMAGED as error:
            raise RuntimeError(f"failed reading record {name}: {error}") from None
        if filled != len(buffer) or rest:
            raise RuntimeError(f"failed reading record {name}: it has not the size it declares")

    def offset(self, name):
        """Where the bytes of a stored record begin in the file."""
        entry = self._entry(name)
        if entry.compress_type != zipfile.ZIP_STORED:
            raise RuntimeError(f"record {name} is compressed; mmap=True needs stored records")
        self._file.seek(entry.header_offset)
        header = self._file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\3\4":
            raise RuntimeError(f"failed reading record {name}: its header is damaged")
        name_length, extra_length = LOCAL_HEADER.unpack(header)[-2:]
        offset = entry.header_offset + LOCAL_HEADER.size + name_length + extra_length
        if offset + entry.file_size > self._size:
            raise RuntimeError(f"failed reading record {name}: it exceeds the file")
        return offset

    def _entry(self, name):
        entry = self._entries.get(self._prefix + name)
        if entry is None:
            raise RuntimeError(f"failed locating file {name} in archive: file not found")
        return entry
