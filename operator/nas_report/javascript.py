"""Where the JavaScript of the plots comes from: Vega-Lite, Vega and Vega-Embed as one text, by vl-convert.

An image has it as a file, which is written when the image is built, since vl-convert brings an engine for JavaScript
that nothing else in there needs.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

VEGA_FILE_ENV = "NAS_VEGA_FILE"
"""Path of the file that has the JavaScript; not set: vl-convert is asked for it."""


class JavaScriptMissing(Exception):
    """Neither the file nor vl-convert is there; the message says what to do."""


@functools.cache
def vega() -> str:
    """Return the JavaScript, which defines ``vegaEmbed``; about 0.9 MB, and a second when it is made.

    Raises:
        JavaScriptMissing: if it cannot be had.
    """
    if path := os.environ.get(VEGA_FILE_ENV):
        try:
            return Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise JavaScriptMissing(f"{VEGA_FILE_ENV}: {path} cannot be read: {error.strerror}") from error
    try:
        import vl_convert
    except ModuleNotFoundError as error:
        raise JavaScriptMissing("a report needs vl-convert; pip install 'nas-operator[report]'") from error
    return str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # its stub has no default
