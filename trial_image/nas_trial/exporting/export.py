"""Makes and checks the exports of a network, format by format. What one format cannot hold costs the others nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_trial.errors import Stopped
from nas_trial.exporting.check import Checked, Checker
from nas_trial.exporting.formats import EXPORTERS
from nas_trial.exporting.source import Source
from nas_trial.process.log import log

OPERATOR = re.compile(r"\b(?:aten|prims|torchvision|quantized)[.:]+\w+(?:\.\w+)?")
"""How PyTorch names an operator, ``aten.stft.center``, within a message."""
FIRST = 300
"""Characters of a message that names no operator."""


@dataclass(frozen=True)
class Export:
    """A format of which there is a file."""

    format: str
    file: str
    content: bytes
    checked: Checked


@dataclass(frozen=True)
class Refused:
    """A format that this network has no file of."""

    format: str
    why: str


def export_all(
    formats: Sequence[str], source: Source, checker: Checker, reference: NDArray[np.float32], alive: Callable[[], None]
) -> Iterator[Export | Refused]:
    """Yield the export in each format, or why there is none.

    Args:
        formats: rows of the table.
        source: the network, with examples.
        checker: runs exports over the test examples.
        reference: the network's own outputs of these (N, outputs).
        alive: called before each format; may raise Stopped.

    Raises:
        Stopped: if asked to stop.
    """
    for name in formats:
        alive()
        log("export", format=name)
        exporter = EXPORTERS[name]
        try:
            content = exporter.make(source)
            checked = checker.check(exporter.opened(content), reference)
        except Stopped:
            raise
        # Exporters and what runs their files have no error in common.
        except Exception as error:
            why = f"{exporter.about}: there is no such export of this model: {reason(error)}"
            log("export-refused", format=name, message=why)
            yield Refused(name, why)
            continue
        yield Export(name, exporter.file, content, checked)


def reason(error: BaseException) -> str:
    """Return in a sentence why an export failed: the operator that it failed at, where one is named."""
    texts, cause = [], error
    while True:
        texts.append(str(cause))
        if (further := cause.__cause__ or cause.__context__) is None:
            break
        cause = further
    # The innermost error is the first that was met.
    for text in reversed(texts):
        if found := OPERATOR.search(text):
            return f"the operator {found[0]} has no form in it"
    first = next((line for line in texts[0].splitlines() if line.strip()), type(error).__name__)
    return f"{type(error).__name__}: {first[:FIRST]}"
