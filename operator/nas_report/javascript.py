"""Where the JavaScript of the plots comes from (Vega-Lite, Vega and Vega-Embed as one text), and plots as pictures.

An image has it as a file, which is written when the image is built, since vl-convert brings an engine for JavaScript
that nothing else in there needs.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VEGA_FILE_ENV = "NAS_VEGA_FILE"
"""Path of the file that has the JavaScript; not set: vl-convert is asked for it."""
PICTURES: Mapping[str, str] = {".svg": "vegalite_to_svg", ".png": "vegalite_to_png", ".html": "vegalite_to_html"}
"""By a file's ending: the function of vl-convert that makes it."""


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
    return str(_vl_convert("a report").javascript_bundle())


def picture(plot: Mapping[str, Any], ending: str) -> bytes:
    """Return a plot as a file with an ending that is in `PICTURES`.

    Raises:
        JavaScriptMissing: if vl-convert is not there.
    """
    drawn: bytes | str = getattr(_vl_convert("a plot"), PICTURES[ending])(plot)
    return drawn if isinstance(drawn, bytes) else drawn.encode()


def _vl_convert(what: str) -> Any:
    try:
        import vl_convert
    except ModuleNotFoundError as error:
        raise JavaScriptMissing(f"{what} needs vl-convert; pip install 'nas-operator[report]'") from error
    return vl_convert
