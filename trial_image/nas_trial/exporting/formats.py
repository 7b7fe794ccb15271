"""The formats of exports: the file of each, what makes it and what runs it. A new one is entered here and in
`nas_core.api.types.ExportFormat`; a test compares the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nas_trial.exporting import int8_onnx, onnx_file, torch_export
from nas_trial.exporting.source import Runner, Source


@dataclass(frozen=True)
class Exporter:
    """How a format is made."""

    file: str
    """Name within the bundle."""
    make: Callable[[Source], bytes]
    opened: Callable[[bytes], Runner]
    about: str
    """What it is, for people."""


EXPORTERS: Mapping[str, Exporter] = {
    "onnx": Exporter("exports/model.onnx", onnx_file.make, onnx_file.opened, "ONNX, float32"),
    "torchExport": Exporter("exports/model.pt2", torch_export.make, torch_export.opened, "torch.export, float32"),
    "int8Onnx": Exporter("exports/model-int8.onnx", int8_onnx.make, onnx_file.opened, "ONNX, int8"),
}
