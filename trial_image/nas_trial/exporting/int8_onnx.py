"""ONNX with weights and activations of 8 bits: static quantisation, calibrated by training examples.

Convolutions and matrix products with fixed weights compute in int8; all else stays in float32, such as attention
between activations, recurrent layers, embeddings, spectrograms and preprocessing. Each output channel has a scale of
its own for its weights.
Reference: Jacob et al., CVPR 2018, arXiv:1712.05877.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from nas_model.networks.log_mel import LogMel
from nas_trial.exporting import onnx_file
from nas_trial.exporting.deployed import Raw
from nas_trial.exporting.source import Source

QUANTIZED = ("Conv", "Gemm", "MatMul")


def make(source: Source) -> bytes:
    """Return the file.

    Raises:
        ValueError: if the network has nothing to quantise.
        Exception: as `onnx_file.make`.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Hands out batches, as the library asks for them."""

        def __init__(self, batches: Iterator[Raw]) -> None:
            self._batches = batches

        def get_next(self) -> Raw | None:
            return next(self._batches, None)

    with tempfile.TemporaryDirectory(prefix="nas-int8-") as folder:
        whole, prepared, quantized = (str(Path(folder) / f"{name}.onnx") for name in ("whole", "prepared", "int8"))
        Path(whole).write_bytes(onnx_file.make(source))
        # Folds normalisations into convolutions, which quantise better so.
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        wide = _spectrogram_filters(source)
        nodes = onnx.load(prepared).graph.node
        quantize_static(
            prepared,
            quantized,
            Reader(iter(source.calibration)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED),
            nodes_to_exclude=[node.name for node in nodes if not wide.isdisjoint(node.input)],
            per_channel=True,
            # 7 bits of weights: sums of pairs overflow on processors without VNNI otherwise.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        model = onnx.load(quantized)
    if not any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        raise ValueError(f"the network has no {', '.join(QUANTIZED)} with fixed weights, which is what is quantised")
    onnx_file.tidy(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _spectrogram_filters(source: Source) -> set[str]:
    """Return the names of weights that powers of sounds are multiplied with: 8 bits do not hold what these span."""
    modules = source.network.named_modules()
    return {f"{name}.filters" for name, module in modules if isinstance(module, LogMel)}
