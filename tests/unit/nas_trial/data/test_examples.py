from __future__ import annotations

from dataclasses import replace

import torch
from tests.support.whole_split import whole

from nas_model.signature import Signature
from nas_trial.data.examples import Batch, Examples, InMemory, Split
from nas_trial.learning_tasks import Classification


def split(*values: int) -> InMemory:
    rows = torch.tensor(values)
    return InMemory({"image": rows.to(torch.uint8)[:, None], "text": rows.to(torch.int32)[:, None]}, rows % 2)


def examples(test: Split | None = None) -> Examples:
    whole = split(1, 2, 3, 4, 5)
    scales = {"image": (torch.tensor(2.0), torch.tensor(2.0))}
    return Examples(
        whole.chosen(torch.arange(3)),
        whole.chosen(torch.arange(3, 5)),
        Signature(2),
        scales,
        Classification(),
        ("0", "1"),
        "sha256:",
        read_test=lambda: test,
    )


def test_a_batch_is_what_networks_take() -> None:
    given = examples()
    batch = next(given.train.batches([torch.tensor([2, 0])]))
    inputs = given.inputs(batch)
    assert inputs["image"].tolist() == [[0.5], [-0.5]] and inputs["image"].dtype == torch.float32
    assert inputs["text"].tolist() == [[3], [1]] and inputs["text"].dtype == torch.int64
    assert batch.targets.tolist() == [1, 1]


def test_a_batch_in_parts() -> None:
    batch = Batch({"image": torch.arange(7)}, torch.arange(7))
    for count in (1, 2, 3, 7):
        parts = batch.parts(count)
        assert torch.cat([part.rows["image"] for part in parts]).tolist() == list(range(7))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_order_of_an_epoch_is_a_function_of_seed_and_epoch() -> None:
    given = split(*range(50))
    order = given.order(1, 2).tolist()
    assert order == given.order(1, 2).tolist() and sorted(order) == given.in_order().tolist()
    assert order != given.order(1, 3).tolist() and order != given.order(2, 2).tolist()


def test_the_test_split_is_read_once_and_only_when_asked_for() -> None:
    asked = []

    def read() -> Split:
        asked.append(1)
        return split(6)

    given = replace(examples(), read_test=read)
    whole(given.val)
    assert not asked
    assert given.test is given.test and asked == [1]


def test_retraining_learns_from_all_but_the_test_split() -> None:
    again = examples(test=split(6, 7)).for_retraining()
    assert whole(again.train).rows["text"][:, 0].tolist() == [1, 2, 3, 4, 5]
    assert again.train.targets.tolist() == [1, 0, 1, 0, 1]
    assert (whole(again.val).rows["text"][:, 0].tolist(), again.judged) == ([6, 7], "test")
    assert again.test is again.val


def test_without_a_test_split_retraining_is_judged_as_the_search_was() -> None:
    given = examples()
    assert given.for_retraining() is given and given.judged == "val"


def test_where_an_epoch_is_chosen_the_validation_examples_are_held_back() -> None:
    given = examples(test=split(6, 7))
    again = given.for_retraining(choosing=True)
    assert again.train is given.train and again.val is given.val and again.judged == "val"
    assert again.held_out is given.test
    assert examples().for_retraining(choosing=True).held_out is None


def test_joining_and_dividing_splits_copies_no_inputs() -> None:
    """Retraining or cross-validation would else need the memory of the data twice."""
    given = examples(test=split(6, 7))
    again = given.for_retraining().train
    folds = given.in_folds(2, seed=0).in_fold(0)
    for made in (again, folds.train, folds.val):
        assert isinstance(made, InMemory) and isinstance(given.train, InMemory)
        assert made.inputs["image"] is given.train.inputs["image"]
    assert sorted(whole(folds.train).rows["text"][:, 0].tolist() + whole(folds.val).rows["text"][:, 0].tolist()) == [
        1,
        2,
        3,
        4,
        5,
    ]
