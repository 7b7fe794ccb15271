"""The trainer's storage in a directory: the same protocol as S3's, which the integration tests cover."""

from __future__ import annotations

from pathlib import Path

from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import Writable


class DirectoryStore:
    """Objects as files below a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def get(self, key: str, limit: int | None = None) -> bytes:
        try:
            content = (self.directory / key).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(key) from error
        if limit is not None and len(content) > limit:
            raise ObjectTooLarge(key, limit)
        return content

    def head(self, key: str, size: int) -> bytes:
        return self.get(key)[:size]

    def download(self, key: str, file: Writable) -> None:
        file.write(self.get(key))

    def put(self, key: str, content: bytes) -> None:
        path = self.directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def put_once(self, key: str, content: bytes) -> bool:
        if (self.directory / key).exists():
            return False
        self.put(key, content)
        return True

    def keys(self, prefix: str) -> list[str]:
        found = (str(path.relative_to(self.directory)) for path in self.directory.rglob("*") if path.is_file())
        return sorted(key for key in found if key.startswith(prefix))

    def tags(self, prefix: str) -> dict[str, str]:
        return {key: str((self.directory / key).stat().st_mtime_ns) for key in self.keys(prefix)}

    def delete(self, key: str) -> None:
        (self.directory / key).unlink(missing_ok=True)
