"""Where the files of a bundle lie: a folder, a tar file, or an S3 bucket. Reads are bounded, nothing is unpacked."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from nas_model.bundle.format import MANIFEST, MOST_FILES
from nas_model.errors import BundleError

MOST_MEMBERS = 4 * MOST_FILES
"""Of a tar file, with its folders."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""Where the environment says that a server is not Amazon's."""
TIMEOUT_S = 60
"""Seconds that an S3 server may be silent."""


class Place(Protocol):
    """Files by name."""

    where: str
    """For messages."""

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's first ``limit`` bytes, fewer if it has fewer.

        Raises:
            BundleError: if there is no such file, or it cannot be read.
        """


def place_of(address: str | Path) -> Place:
    """Return where an address leads.

    Raises:
        BundleError: if there is nothing, or it is nothing of these.
    """
    text = str(address)
    if text.startswith("s3://"):
        return S3Prefix(text)
    path = Path(text).expanduser()
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise BundleError(f"{text}: there is no such folder or file")
    return TarFile(path)


class Folder:
    """A folder on this machine."""

    def __init__(self, directory: Path) -> None:
        self.where, self._directory = str(directory), directory

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's first bytes."""
        try:
            with (self._directory / name).open("rb") as file:
                return file.read(limit)
        except OSError as error:
            raise BundleError(f"{self.where}: {name} cannot be read: {error.strerror or error}") from error


class TarFile:
    """An uncompressed tar file, with the bundle's files at its top or in one folder."""

    def __init__(self, path: Path) -> None:
        """Look through the members.

        Raises:
            BundleError: if it is no such file, or a member is a link or lies outside.
        """
        self.where, self._path = str(path), path
        self._members: dict[str, tarfile.TarInfo] = {}
        try:
            with tarfile.open(path, "r:") as archive:
                for number, member in enumerate(archive):
                    if number >= MOST_MEMBERS:
                        raise BundleError(f"{path}: has more than {MOST_MEMBERS} members; a bundle has few files")
                    self._note(member)
        except (tarfile.TarError, OSError, ValueError) as error:
            raise BundleError(f"{path}: cannot be read as an uncompressed tar file: {error}") from error
        self._top = next((name[: -len(MANIFEST)] for name in self._members if PurePosixPath(name).name == MANIFEST), "")

    def _note(self, member: tarfile.TarInfo) -> None:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise BundleError(f"{self.where}: member {member.name!r} leads out of the bundle; do not use this file")
        if not (member.isreg() or member.isdir()):
            raise BundleError(f"{self.where}: member {member.name!r} is no plain file; do not use this file")
        if member.isreg():
            self._members[str(path)] = member

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's first bytes."""
        member = self._members.get(self._top + name)
        if member is None:
            raise BundleError(f"{self.where}: has no {name}")
        try:
            with tarfile.open(self._path, "r:") as archive:
                file: IO[bytes] | None = archive.extractfile(member)
                assert file is not None, "only plain files are noted"
                return file.read(limit)
        except (tarfile.TarError, OSError) as error:
            raise BundleError(f"{self.where}: {name} cannot be read: {error}") from error


class S3Prefix:
    """Objects below a prefix. Server and credentials come as boto3 finds them: AWS_ENDPOINT_URL and its like."""

    def __init__(self, address: str) -> None:
        self.where = address
        self._bucket, _, prefix = address.removeprefix("s3://").partition("/")
        prefix = prefix.removesuffix(MANIFEST)
        self._prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        self._client: Any = _s3_client()

    def read(self, name: str, limit: int) -> bytes:
        """Return an object's first bytes."""
        from botocore.exceptions import BotoCoreError, ClientError

        key = self._prefix + name
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            with body:
                content: bytes = body.read(limit)
            return content
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            raise BundleError(f"s3://{self._bucket}/{key}: cannot be read: {error}") from error


def _s3_client() -> Any:
    import boto3  # here: few bundles are read from S3 itself
    from botocore.config import Config

    config = Config(
        connect_timeout=10,
        read_timeout=TIMEOUT_S,
        retries={"mode": "standard", "max_attempts": 5},
        # Servers of one's own seldom have a host name for each bucket.
        s3={"addressing_style": "path" if any(os.environ.get(name) for name in ENDPOINTS) else "auto"},
    )
    return boto3.client("s3", config=config)
