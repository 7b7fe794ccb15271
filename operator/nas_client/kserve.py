"""The KServe InferenceService of a model: its ONNX file, served by ONNX Runtime's protocol. Pure.

Source: https://kserve.github.io/website/docs/reference/crd-api (serving.kserve.io/v1beta1).
"""

from __future__ import annotations

from typing import Any

from nas_client.errors import InvalidInput
from nas_core.records.model import ModelView

FORMAT = "onnx"


def inference_service(model: ModelView, runtime: str | None = None) -> dict[str, Any]:
    """Return the InferenceService; ``runtime`` names a ServingRuntime, None lets KServe choose one.

    Raises:
        InvalidInput: if the model is not made yet, or has no ONNX file.
    """
    status = model.status
    if status.address is None or not status.artifacts:
        raise InvalidInput(
            f"model {model.meta.name!r} is not made yet; see: kubectl describe nasmodel {model.meta.name}"
        )
    file = next((file for file in status.artifacts if file.format == FORMAT), None)
    if file is None:
        raise InvalidInput(
            f"model {model.meta.name!r} has no ONNX file; make one of another version with exports: [onnx], such as: "
            f"nasctl export {model.spec.source.trial} --version NEW --exports onnx"
        )
    predictor: dict[str, Any] = {
        "modelFormat": {"name": FORMAT, "version": "1"},
        "protocolVersion": "v2",
        "storageUri": status.address + file.path,
    }
    if runtime:
        predictor["runtime"] = runtime
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": model.name,
            "namespace": model.meta.namespace,
            "labels": {"nas-operator.io/model": model.meta.name},
            "annotations": {"nas-operator.io/model-version": model.spec.version, "nas-operator.io/sha256": file.sha256},
        },
        "spec": {"predictor": {"model": predictor}},
    }
