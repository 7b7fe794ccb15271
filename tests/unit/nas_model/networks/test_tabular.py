from __future__ import annotations

import pytest
import torch
from tests.support.spaces import random_inputs, trained_networks, work_of_a_step

from nas_core.api.space import SearchSpaceSpec
from nas_model.networks.build import build_network
from nas_model.networks.columns import ColumnEmbeddings, PiecewiseColumns
from nas_model.signature import Signature, TableInput, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

SPEC = SearchSpaceSpec(name="tabular")
TABLE = TableInput(numeric=5, categories=(3, 7))
SIGNATURE = Signature(2, table=TABLE)
MLP = {"kind": "mlp", "numeric": "linear", "embedding": "8", "layers": "2", "width": "1", "dropout": "0.1"}
RESNET = {**MLP, "kind": "resnet", "numeric": "periodic", "hidden": "2"}
TRANSFORMER = {
    "kind": "ft-transformer",
    "numeric": "piecewise",
    "layers": "3",
    "width": "0.5",
    "hidden": "2",
    "heads": "8",
    "dropout": "0",
}


def test_parameters_of_each_kind_counted_by_hand() -> None:
    """Five numbers, ten codes of categories."""
    mlp = 2 * 5 * 8 + 10 * 8 + (7 * 8 * 64 + 64) + (64 * 64 + 64) + (64 * 2 + 2)
    assert measure.parameters(build_network(SPEC, MLP, SIGNATURE)) == mlp
    periodic = 5 * 8 + 5 * 16 * 8 + 5 * 8  # frequencies, weights, biases
    block = 2 * 64 + (64 * 128 + 128) + (128 * 64 + 64)
    resnet = periodic + 10 * 8 + (56 * 64 + 64) + 2 * block + 2 * 64 + (64 * 2 + 2)
    assert measure.parameters(build_network(SPEC, RESNET, SIGNATURE)) == resnet
    piecewise = 5 * 8 * 32 + 5 * 32
    layer = 4 * (32 * 32 + 32) + 2 * 32 + (32 * 128 + 128) + (64 * 32 + 32)
    transformer = piecewise + 10 * 32 + 32 + 3 * layer + 2 * (2 * 32) + 2 * 32 + (32 * 2 + 2)
    assert measure.parameters(build_network(SPEC, TRANSFORMER, SIGNATURE)) == transformer


def test_random_architectures_train_and_have_the_parameters_of_the_closed_form() -> None:
    kinds = set()
    for a, network in trained_networks(SPEC, SIGNATURE):
        kinds.add(a["kind"])
        width, layers = int(64 * float(a["width"])), int(a["layers"])
        size = int(a.get("embedding", width))
        expected = 10 * size + 5 * {"linear": 2, "piecewise": 9, "periodic": 17}[a["numeric"]] * size
        expected += 5 * 8 * (a["numeric"] == "periodic") + 2 * (width + 1)
        hidden = width * int(a.get("hidden", 0))
        match a["kind"]:
            case "mlp":
                expected += (7 * size + 1) * width + (layers - 1) * (width + 1) * width
            case "resnet":
                expected += (7 * size + 1) * width + layers * (3 * width + 2 * width * hidden + hidden) + 2 * width
            case "ft-transformer":
                layer = 4 * (width + 1) * width + 4 * width + 3 * width * hidden + 2 * hidden + width
                expected += width + layers * layer - 2 * width + 2 * width
        assert measure.parameters(network) == expected, a
    assert len(kinds) == 3


@pytest.mark.parametrize("architecture", [MLP, RESNET, TRANSFORMER], ids=["mlp", "resnet", "ft-transformer"])
def test_every_column_changes_the_result(architecture: dict[str, str]) -> None:
    torch.manual_seed(0)
    network, inputs = build_network(SPEC, architecture, SIGNATURE).eval(), random_inputs(SIGNATURE, 1)
    before = network(inputs)
    for column in range(5):
        numeric = inputs["numeric"].clone()
        numeric[0, column] += 0.5
        assert not torch.allclose(network({**inputs, "numeric": numeric}), before), column
    for column, codes in enumerate(TABLE.categories):
        categorical = inputs["categorical"].clone()
        categorical[0, column] = (categorical[0, column] + 1) % codes
        assert not torch.allclose(network({**inputs, "categorical": categorical}), before), column


@pytest.mark.parametrize("table", [TableInput(3), TableInput(0, (4, 2))], ids=["numbers", "categories"])
@pytest.mark.parametrize("architecture", [MLP, RESNET, TRANSFORMER], ids=["mlp", "resnet", "ft-transformer"])
def test_tables_of_numbers_or_categories_alone_fit(architecture: dict[str, str], table: TableInput) -> None:
    signature = Signature(4, table=table)
    assert build_network(SPEC, architecture, signature)(random_inputs(signature, 3)).shape == (3, 4)


def test_categories_of_columns_are_kept_apart() -> None:
    columns = ColumnEmbeddings(TableInput(0, (3, 7)), "linear", 4)
    vectors = columns({"categorical": torch.tensor([[2, 0], [0, 6]])})
    table = columns.get_parameter("categorical.weight")
    assert torch.equal(vectors, table[torch.tensor([[2, 3], [0, 9]])])


def test_pieces_fill_one_after_the_other() -> None:
    columns = PiecewiseColumns(1, 4)
    ends = columns.ends
    between = (ends[2] + ends[3]) / 2
    assert torch.allclose(columns.encode(between.view(1, 1)), torch.tensor([1, 1, 0.5, 0, 0, 0, 0, 0]))
    beyond = columns.encode(torch.tensor([[-10.0], [10.0]]))[:, 0]
    assert beyond[0, 0] < 0
    assert beyond[0, 1:].eq(0).all()
    assert beyond[1, -1] > 1
    assert beyond[1, :-1].eq(1).all()


def test_the_widest_default_is_small_enough_for_a_cpu() -> None:
    table = TableInput(20, (10, 10, 10))
    signature = Signature(2, table=table)
    largest = TRANSFORMER | {"width": "4", "layers": "4", "hidden": "4", "numeric": "periodic"}
    network = build_network(SPEC, largest, signature)
    multiply_adds, operations = work_of_a_step(network, random_inputs(signature, 64))
    assert multiply_adds < 1e10 and operations < 1_000


def test_data_without_a_table_is_refused() -> None:
    with pytest.raises(CandidateRejected, match=r"tabular is for tables; the data has text") as caught:
        build_network(SPEC, MLP, Signature(2, text=TextInput(9, 4)))
    assert caught.value.reason == "DataUnsuitable"
