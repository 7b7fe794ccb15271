"""Every format of every task gives what the network gives."""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

import numpy as np
import pytest
from tests.support.deployable import DEPLOYABLE

from nas_core.api.types import ExportFormat
from nas_model.bundle.format import BundleFile
from nas_trial.exporting.check import run_network
from nas_trial.exporting.formats import EXPORTERS
from nas_trial.exporting.source import Source

CLOSE = {"onnx": 1e-4, "torchExport": 1e-6}
INT8_SHARE = 0.3
"""Of the spread of the outputs, that int8 may be off: these networks are not trained."""


@lru_cache(maxsize=1)
def source_of(task: str) -> Source:
    return DEPLOYABLE[task].source()


def test_the_table_has_the_formats_of_the_api() -> None:
    assert list(EXPORTERS) == list(get_args(ExportFormat))


def test_names_of_files_are_those_that_a_bundle_may_have() -> None:
    files = [exporter.file for exporter in EXPORTERS.values()]
    assert len(set(files)) == len(files)
    assert all(BundleFile(name=name, bytes=1, sha256="0" * 64) for name in files)


@pytest.mark.parametrize("name", list(EXPORTERS))
@pytest.mark.parametrize("task", list(DEPLOYABLE))
def test_an_export_gives_what_the_network_gives(task: str, name: str) -> None:
    source = source_of(task)
    content = EXPORTERS[name].make(source)
    run = EXPORTERS[name].opened(content)
    for examples in (1, 7):
        raw = DEPLOYABLE[task].raw(examples, seed=9)
        expected, found = (source.network.in_deviations(runner(raw)) for runner in (run_network(source.network), run))
        assert found.shape == expected.shape and np.isfinite(found).all()
        close = CLOSE.get(name, INT8_SHARE * max(1.0, float(np.abs(expected).max())))
        assert np.abs(found - expected).max() <= close
