"""The members of one tar or zip archive: where each lies, and its content, read from there.

Archives may be anybody's: headers, depths of folders and what members unpack into are bounded, and links and names that
lead outside are passed over.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nas_core.data_files import hidden
from nas_trial.data.names import readable
from nas_trial.errors import DatasetInvalid

DEEPEST = 32
"""Folders of a member's name."""
HEADER_BYTES = 1 << 20
"""Of one header of a tar archive; names and attributes of any sense take a few hundred."""
RATIO, SMALL_BYTES = 200, 1 << 30
"""Unpacked, a compressed tar archive may be so many times as large, or of this size."""
CHUNK = 1 << 20
NO_HEADER = -1
"""In place of a packed size: the content lies there as it is."""
_ENCRYPTED = 1
"""A flag of a zip archive's member."""
_WHOLE: dict[bytes, Callable[[Path], io.BufferedIOBase]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""How a file begins that is compressed as a whole; names are often wrong about it."""
_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, struct.error, ValueError, OverflowError),
    # One header that follows another of its kind is read by a call within the call.
    *(NotImplementedError, RecursionError),
)
"""What the readers of the standard library end with."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Of a zip archive's member: the signature, and the lengths of name and extra field that follow."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    offset: int
    """Of its content in a tar archive, of its header in a zip archive."""
    size: int
    packed: int = NO_HEADER
    """Bytes that it takes in a zip archive."""
    deflated: bool = False
    crc: int = 0


def compressed(path: Path) -> bool:
    """Whether a file is compressed as a whole, by gzip, bzip2 or xz."""
    return _opener(path) is not None


def unpack(path: Path, target: BinaryIO, room: int, where: str) -> None:
    """Write the content of a file that is compressed as a whole; raise DatasetInvalid beyond ``room`` bytes."""
    most = min(max(SMALL_BYTES, RATIO * path.stat().st_size), room)
    opener = _opener(path)
    assert opener is not None
    try:
        with opener(path) as file:
            done = 0
            while part := file.read(CHUNK):
                done += len(part)
                if done > most:
                    raise DatasetInvalid(f"{where}: unpacks into more than {most:,} bytes; give it uncompressed")
                target.write(part)
    except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise DatasetInvalid(f"{where}: cannot be unpacked: {error}") from error


def members(path: Path, where: str, passed_over: Counter[str]) -> Iterator[Member]:
    """Yield the files in an archive; count those that are passed over by the reason.

    Raises:
        DatasetInvalid: if it is damaged, or packed in a way that is not read.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(4) in (b"PK\3\4", b"PK\5\6")
        for member in _zip_members(path, where) if zipped else _tar_members(path):
            if member.name == "":
                passed_over["links and special files"] += 1
            elif not _inside(member.name):
                passed_over["their names lead outside of the archive, or are too deep"] += 1
            elif not hidden(name := readable(posixpath.normpath(member.name))):
                yield member._replace(name=name)
    # An archive that is cut off ends as EOFError; numbers that are nonsense as one of the others.
    except _DAMAGED as error:
        raise DatasetInvalid(f"{where}: cannot be read as an archive: {error}") from error


def content(member: Member, file: BinaryIO, where: str) -> Iterator[bytes]:
    """Yield a member's content, of which ``size`` bytes at most, from the open archive.

    Raises:
        DatasetInvalid: if it is damaged.
    """
    file.seek(content_offset(member, file, where))
    if member.packed == NO_HEADER:
        yield from _exactly(file, member.size, where)
        return
    parts = _exactly(file, member.packed, where)
    size = crc = 0
    for part in _inflated(parts, member.size, where) if member.deflated else parts:
        crc, size = zlib.crc32(part, crc), size + len(part)
        yield part
    if size != member.size or crc != member.crc:
        raise DatasetInvalid(f"{where}: its checksum is wrong; the archive is damaged")


def content_offset(member: Member, file: BinaryIO, where: str) -> int:
    """Return where a member's content begins in the open archive; raise DatasetInvalid if it is damaged."""
    if member.packed == NO_HEADER:
        return member.offset
    file.seek(member.offset)
    signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(b"".join(_exactly(file, _LOCAL_HEADER.size, where)))
    if signature != b"PK\3\4":
        raise DatasetInvalid(f"{where}: is not where the archive says; the archive is damaged")
    return member.offset + _LOCAL_HEADER.size + int(name_bytes) + int(extra_bytes)


def _opener(path: Path) -> Callable[[Path], io.BufferedIOBase] | None:
    with path.open("rb") as file:
        begins = file.read(6)
    return next((opener for magic, opener in _WHOLE.items() if begins.startswith(magic)), None)


class _TarFile(io.FileIO):
    """A tar archive whose headers may say what they like of their own lengths."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= HEADER_BYTES:
            raise tarfile.ReadError(f"it has a header of {size} bytes")
        return super().read(size)


def _tar_members(path: Path) -> Iterator[Member]:
    size = path.stat().st_size
    with _TarFile(path) as file, tarfile.open(fileobj=file, mode="r:") as archive:
        while (member := archive.next()) is not None:
            # The list of all members so far: a kilobyte for each, which nobody needs. typeshed does not know it.
            archive.members.clear()  # type: ignore[attr-defined]
            if member.offset_data + member.size > size:
                raise tarfile.ReadError("unexpected end of data")
            if member.isfile() and not member.issparse():
                yield Member(member.name, member.offset_data, member.size)
            elif not member.isdir():
                yield Member("", 0, 0)


def _zip_members(path: Path, where: str) -> Iterator[Member]:
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                yield Member("", 0, 0)
                continue
            if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                how = "encrypted" if info.flag_bits & _ENCRYPTED else f"compressed by method {info.compress_type}"
                raise DatasetInvalid(
                    f"{where}/{info.filename}: is {how}; pack the archive by deflate, without password"
                )
            if info.header_offset < 0 or info.header_offset + info.compress_size > size:
                raise zipfile.BadZipFile(f"{info.filename} is not where the list of contents says")
            # Windows programs write backslashes.
            name = info.filename.replace("\\", "/")
            deflated = info.compress_type == zipfile.ZIP_DEFLATED
            yield Member(name, info.header_offset, info.file_size, info.compress_size, deflated, info.CRC)


def _inside(name: str) -> bool:
    words = name.split("/")
    return not name.startswith("/") and ".." not in words and len(words) <= DEEPEST


def _exactly(file: BinaryIO, size: int, where: str) -> Iterator[bytes]:
    while size:
        part = file.read(min(size, CHUNK))
        if not part:
            raise DatasetInvalid(f"{where}: the archive is cut off")
        size -= len(part)
        yield part


def _inflated(parts: Iterator[bytes], size: int, where: str) -> Iterator[bytes]:
    """Unpack ``size`` bytes, no more."""
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for part in parts:
            while part and size:
                content = unpack.decompress(part, min(size, CHUNK))
                size -= len(content)
                yield content
                part = unpack.unconsumed_tail
    except zlib.error as error:
        raise DatasetInvalid(f"{where}: cannot be unpacked: {error}") from error
