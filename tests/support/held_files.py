"""Files of a data set, held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nas_storage.faults import NotFound
from nas_trial.data.files import Files
from nas_trial.data.scratch import Scratch
from nas_trial.process.stop import StopFlag


class HeldFiles(Files):
    def __init__(self, contents: Mapping[str, bytes | str], where: str = "s3://b/m") -> None:
        self.stop = StopFlag()
        super().__init__(where, list(contents), self.stop)
        self.contents, self.fetched, self._scratch = contents, list[str](), Scratch()

    def get(self, name: str) -> bytes:
        self.fetched.append(name)
        try:
            content = self.contents[name]
        except KeyError as error:
            raise NotFound(name) from error
        return content.encode() if isinstance(content, str) else content

    def local(self, name: str) -> Path:
        content = self.get(name)
        return self._scratch.file(name, lambda file: file.writelines([content]))
