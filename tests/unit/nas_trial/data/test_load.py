from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from tests.support.whole_split import whole

from nas_core.api.task import Task
from nas_model.signature import ImageInput, Signature, TableInput, TextInput
from nas_trial.data.examples import Examples, InMemory, Split
from nas_trial.data.load import Opener, find_data, load_examples
from nas_trial.data.prepared.message import PreparedForm
from nas_trial.data.streaming import Streamed
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.learning_tasks import Classification, Regression
from nas_trial.process.stop import StopFlag

CPU = torch.device("cpu")


def load(
    kind: str = "image-classification", seed: int = 0, task: dict[str, Any] | None = None, **dataset: Any
) -> Examples:
    given = Task.model_validate({"type": kind, "dataset": dataset or {"name": "digits"}, **(task or {})})
    return load_examples(given, None, seed, CPU, StopFlag())


def everything(examples: Examples, split: Split) -> dict[str, torch.Tensor]:
    return examples.inputs(whole(split))


def test_digits() -> None:
    examples = load()
    assert examples.signature == Signature(10, ImageInput(1, 8, 8))
    assert examples.classes == tuple("0123456789")
    assert len(examples.train) + len(examples.val) == 1797
    assert len(examples.val) == pytest.approx(0.2 * 1797, abs=5)
    kept = whole(examples.train).rows["image"]
    assert kept.dtype == torch.uint8 and int(kept.max()) == 255
    assert examples.test is None and examples.warnings == ()


def test_images_are_standardised_over_the_training_examples() -> None:
    examples = load()
    images = everything(examples, examples.train)["image"]
    assert images.dtype == torch.float32
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std().item() == pytest.approx(1, abs=1e-4)


def test_channels_are_standardised_one_by_one_and_a_constant_one_is_no_harm(tmp_path: Path) -> None:
    x = np.zeros((20, 3, 4, 4), np.float32)
    x[:, 0] = np.random.default_rng(0).normal(5, 3, (20, 4, 4))
    x[:, 1] = 7
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(20) % 2)
    examples = load(path=str(tmp_path))
    batch = everything(examples, examples.train)["image"]
    assert batch[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-4)
    assert batch[:, 1:].abs().max().item() == pytest.approx(0, abs=1e-3)


def test_the_hash_is_of_the_data_whatever_part_is_used() -> None:
    whole, part = load(), load(name="digits", maxExamples=100, seed=1)
    assert len(part.train) + len(part.val) == 100
    assert whole.hash == part.hash
    assert whole.hash.startswith("sha256:")


def test_the_seed_decides_the_split() -> None:
    one, again, other = (load(seed=seed) for seed in (1, 1, 2))
    first, second, third = (whole(examples.val).rows["image"] for examples in (one, again, other))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_limit_that_starves_classes() -> None:
    with pytest.raises(CandidateRejected, match="maxExamples 12 must be at least two for each of the 10 classes") as e:
        load(name="digits", maxExamples=12)
    assert e.value.reason == "SpecInvalid"


def test_a_test_split_is_cut_and_held_back() -> None:
    examples = load("tabular-classification", name="breast-cancer", testFraction="0.25")
    assert examples.test is not None
    sizes = len(examples.train), len(examples.val), len(examples.test)
    assert sum(sizes) == 569 and sizes[2] == pytest.approx(142, abs=2)
    assert examples.signature.table == TableInput(30)
    rows = torch.cat([whole(split).rows["numeric"] for split in (examples.train, examples.val, examples.test)])
    assert len(torch.unique(rows, dim=0)) == 569
    assert everything(examples, examples.test)["categorical"].dtype == torch.int64


def test_a_regression_knows_the_scale_of_its_targets() -> None:
    examples = load("regression", name="diabetes")
    assert isinstance(examples.task, Regression) and examples.classes == ()
    assert examples.task.mean == pytest.approx(152, abs=10) and examples.task.deviation == pytest.approx(77, abs=10)
    assert examples.train.targets.dtype == torch.float64 and examples.signature.outputs == 1


def test_balanced_weights_and_the_positive_class() -> None:
    task = {"classWeights": "balanced", "positiveClass": "benign"}
    examples = load("tabular-classification", name="breast-cancer", task=task)
    assert examples.classes == ("malignant", "benign")
    assert isinstance(examples.task, Classification) and examples.task.weights is not None
    counts = examples.train.targets.bincount()
    assert (examples.task.weights * counts).tolist() == pytest.approx([len(examples.train) / 2] * 2)


@pytest.fixture
def patients(tmp_path: Path) -> pd.DataFrame:
    found = load_breast_cancer(as_frame=True)
    frame = found.frame.rename(columns=str)[["mean radius", "mean texture", "target"]]
    return frame.assign(ward=["north", "south", "east"] * 189 + ["north", "south"])


def test_a_table_of_real_data(patients: pd.DataFrame, tmp_path: Path) -> None:
    patients.to_csv(tmp_path / "d.csv", index=False)
    examples = load("tabular-classification", path=str(tmp_path / "d.csv"))
    assert examples.signature == Signature(2, table=TableInput(2, (4,)))
    found = everything(examples, examples.val)
    assert set(found["categorical"].unique().tolist()) == {1, 2, 3}


def test_copies_stay_in_one_split_and_are_told(patients: pd.DataFrame, tmp_path: Path) -> None:
    pd.concat([patients, patients[:100], patients[:50].assign(target=1)]).to_parquet(tmp_path / "d.parquet")
    examples = load("tabular-classification", path=str(tmp_path))
    assert any("150 of 719 rows repeat another (row 570 that of row 1)" in each for each in examples.warnings)
    train, val = ({tuple(row) for row in whole(s).rows["numeric"].tolist()} for s in (examples.train, examples.val))
    assert not train & val


def test_a_given_test_split_is_read_when_asked_for(patients: pd.DataFrame, tmp_path: Path) -> None:
    patients[:400].to_csv(tmp_path / "train.csv", index=False)
    patients[390:].to_csv(tmp_path / "test.csv", index=False)
    examples = load("tabular-classification", path=str(tmp_path))
    assert len(examples.train) + len(examples.val) == 400
    assert examples.test is not None and len(examples.test) == 179, "also what repeats a training row"
    with pytest.raises(CandidateRejected, match=r"testFraction: .* comes with a test split; remove testFraction"):
        load("tabular-classification", path=str(tmp_path), testFraction="0.1")


def test_a_given_test_split_is_not_even_looked_at(patients: pd.DataFrame, tmp_path: Path) -> None:
    patients.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "test.csv").write_text("no table,at all\n1,2,3\n")
    examples = load("tabular-classification", path=str(tmp_path))
    with pytest.raises(DatasetInvalid, match=r"test\.csv"):
        _ = examples.test


def test_the_rows_that_a_split_column_names(patients: pd.DataFrame, tmp_path: Path) -> None:
    split = np.array(["train"] * 300 + ["val"] * 100 + ["test"] * 169)
    patients.assign(split=split).to_csv(tmp_path / "d.csv", index=False)
    examples = load("tabular-classification", path=str(tmp_path))
    assert examples.test is not None
    assert (len(examples.train), len(examples.val), len(examples.test)) == (300, 100, 169)


def test_equal_rows_of_a_small_table_are_divided_unless_they_are_kept_together(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 1, 1, 2, 2, 2], "y": [0, 0, 0, 1, 1, 1]}).to_csv(tmp_path / "d.csv", index=False)
    examples = load("tabular-classification", path=str(tmp_path))
    assert (len(examples.train), len(examples.val)) == (4, 2)
    assert "dataset.duplicates: together keeps them in one" in examples.warnings[-1]
    with pytest.raises(DatasetInvalid, match=r"d\.csv: the validation split would be empty, .*duplicates: ignore"):
        load("tabular-classification", path=str(tmp_path / "d.csv"), duplicates="together")


def test_warnings_are_bounded_for_the_result(tmp_path: Path) -> None:
    frame = pd.DataFrame({f"{'long' * 100}{i}": [1] * 20 for i in range(30)})
    frame.assign(x=range(0, 60, 3), y=[0, 1] * 10).to_csv(tmp_path / "d.csv", index=False)
    examples = load("tabular-classification", path=str(tmp_path))
    assert len(examples.warnings) == 16 and all(len(warning) <= 512 for warning in examples.warnings)


def test_texts_as_published_weights_know_them(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\nfilm\n")
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"{'good' if i % 2 else 'bad'} film {i},{i % 2}\n" for i in range(40)]
    (data / "train.csv").write_text("text,label\n" + "".join(rows))
    text = {"tokenizer": str(tmp_path / "vocab.txt"), "length": 6}
    examples = load("text-classification", path=str(data), text=text)
    assert examples.signature.text == TextInput(vocabulary=7, length=6)
    tokens, targets = whole(examples.train).rows["text"], whole(examples.train).targets
    assert torch.equal(tokens[:, 1], 5 - targets.int()), "good is 4, bad 5, behind [CLS]"
    assert (tokens[:, 4] == 3).all() and (tokens[:, 5] == 0).all(), "the number is unknown; then [SEP] and padding"


@pytest.mark.parametrize("kind", ["image-classification", "tabular-classification"])
def test_what_does_not_fit_into_memory_is_read_while_it_is_used(kind: str) -> None:
    name = {"image-classification": "digits", "tabular-classification": "breast-cancer"}[kind]
    kept, read = (load(kind, name=name, memoryLimit=limit) for limit in ("1Gi", "1Ki"))
    assert isinstance(kept.train, InMemory) and isinstance(read.train, Streamed) and isinstance(read.val, Streamed)
    assert kept.hash == read.hash and kept.signature == read.signature
    for one, other in ((kept.train, read.train), (kept.val, read.val)):
        for key, values in everything(kept, one).items():
            assert torch.equal(values, everything(read, other)[key])
        assert torch.equal(one.targets, other.targets)


@pytest.mark.parametrize(("limit", "kept"), [("70Ki", InMemory), ("60Ki", Streamed)])
def test_a_large_test_split_counts_too(limit: str, kept: type[Split]) -> None:
    examples = load("tabular-classification", name="breast-cancer", testFraction="0.4", memoryLimit=limit)
    assert isinstance(examples.train, InMemory) and isinstance(examples.val, InMemory)
    assert isinstance(examples.test, kept) and whole(examples.test).rows["numeric"].shape == (len(examples.test), 30)


def test_processes_are_sent_where_the_data_are_and_not_the_data() -> None:
    task = Task.model_validate({"dataset": {"name": "digits", "testFraction": "0.2"}})
    form, found = PreparedForm(), find_data(task, None, 0, StopFlag()).for_others(test=True)
    sent = form.write(found)
    assert len(sent) < 20_000 < found.train.nbytes
    one, other = (Opener(data, task, CPU, StopFlag()).examples() for data in (found, form.read(sent)))
    for mine, theirs in ((one.train, other.train), (one.val, other.val), (one.test, other.test)):
        assert mine is not None and theirs is not None
        assert torch.equal(whole(mine).rows["image"], whole(theirs).rows["image"])
    assert form.read(form.write(found.for_others(test=False))).read_test() is None


def test_several_processes_share_the_memory() -> None:
    task = Task.model_validate({"dataset": {"name": "digits", "memoryLimit": "200Ki"}})
    data = find_data(task, None, 0, StopFlag()).for_others(test=False)
    assert isinstance(Opener(data, task, CPU, StopFlag()).examples().train, InMemory)
    assert isinstance(Opener(data, task, CPU, StopFlag(), processes=2).examples().train, Streamed)
