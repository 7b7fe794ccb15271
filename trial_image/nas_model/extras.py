"""Libraries that only some models need: what to install when one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

EXTRAS: Mapping[str, str] = {
    "PIL": "image",
    "boto3": "s3",
    "pyarrow": "table",
    "scipy": "audio",
    "soundfile": "audio",
    "tokenizers": "text",
}
"""The extra of nas-model that brings each of them."""


@contextmanager
def naming_the_extra() -> Iterator[None]:
    """Say in an import that fails what to install.

    Raises:
        ImportError: in place of the one that does not say it.
    """
    try:
        yield
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        raise ImportError(f'this needs {library}: pip install "nas-model[{EXTRAS[library]}]"', name=library) from error
