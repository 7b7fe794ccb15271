from __future__ import annotations

import onnx
import pytest
from tests.support.deployable import DEPLOYABLE

from nas_trial.exporting import onnx_file


@pytest.fixture(scope="module")
def content() -> bytes:
    return onnx_file.make(DEPLOYABLE["table"].source())


def test_inputs_and_outputs_have_names_and_a_batch_of_any_size(content: bytes) -> None:
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)

    def shapes(values: object) -> dict[str, list[str | int]]:
        return {
            value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in values  # type: ignore[attr-defined]
        }

    assert shapes(model.graph.input) == {"numeric": ["batch", 2], "categorical": ["batch", 1]}
    assert shapes(model.graph.output) == {"logits": ["batch", 3]}
    assert [opset.version for opset in model.opset_import if not opset.domain] == [onnx_file.OPSET]


def test_the_same_network_gives_the_same_file_that_names_no_path(content: bytes) -> None:
    assert onnx_file.make(DEPLOYABLE["table"].source()) == content
    assert b"/nas_" not in content and b".py" not in content
