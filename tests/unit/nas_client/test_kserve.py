from __future__ import annotations

import pytest
from tests.support.factories import START
from tests.support.models import MADE, after, begun, export_job

from nas_client.errors import InvalidInput
from nas_client.kserve import inference_service
from nas_core.contract import ModelSummary
from nas_core.records.model import ModelView
from nas_plan.models.snapshot import ModelSnapshot
from nas_plan.snapshot import Collected


def made(formats: int = 2) -> ModelView:
    view = begun()
    assert MADE.model is not None
    result = MADE.model_copy(update={"model": ModelSummary(artifacts=MADE.model.artifacts[:formats])})
    return after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(result)))


def test_the_onnx_file_is_served() -> None:
    service = inference_service(made(), "kserve-onnx")
    assert (service["apiVersion"], service["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    assert service["metadata"]["name"] == "digits" and service["metadata"]["namespace"] == "ns"
    model = service["spec"]["predictor"]["model"]
    assert model["modelFormat"]["name"] == "onnx" and model["runtime"] == "kserve-onnx"
    assert model["storageUri"] == "s3://nas/team/ns/models/digits/1-uid-digits/exports/model.onnx"
    assert "runtime" not in inference_service(made())["spec"]["predictor"]["model"]


def test_without_an_onnx_file_the_remedy_is_told() -> None:
    with pytest.raises(InvalidInput, match="nasctl export s-00000 --version NEW --exports onnx"):
        inference_service(made(1))
    with pytest.raises(InvalidInput, match="is not made yet"):
        inference_service(begun())
