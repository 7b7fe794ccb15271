from __future__ import annotations

from dataclasses import replace

import torch

from nas_trial.data.examples import Examples, Split
from nas_trial.data_signature import Signature
from nas_trial.learning_tasks import Classification


def split(*values: int) -> Split:
    rows = torch.tensor(values)
    return Split({"image": rows.to(torch.uint8)[:, None], "text": rows.to(torch.int32)[:, None]}, rows % 2)


def examples(test: Split | None = None) -> Examples:
    scales = {"image": (torch.tensor(2.0), torch.tensor(2.0))}
    return Examples(
        split(1, 2, 3),
        split(4, 5),
        Signature(2),
        scales,
        Classification(),
        ("0", "1"),
        "sha256:",
        read_test=lambda: test,
    )


def test_a_batch_is_what_networks_take() -> None:
    given = examples()
    inputs, targets = given.batch(given.train, torch.tensor([2, 0]))
    assert inputs["image"].tolist() == [[0.5], [-0.5]] and inputs["image"].dtype == torch.float32
    assert inputs["text"].tolist() == [[3], [1]] and inputs["text"].dtype == torch.int64
    assert targets.tolist() == [1, 1]


def test_the_test_split_is_read_once_and_only_when_asked_for() -> None:
    asked = []

    def read() -> Split:
        asked.append(1)
        return split(6)

    given = replace(examples(), read_test=read)
    given.batch(given.val, torch.tensor([0]))
    assert not asked
    assert given.test is given.test and asked == [1]


def test_retraining_learns_from_all_but_the_test_split() -> None:
    again = examples(test=split(6, 7)).for_retraining()
    assert again.train.inputs["text"][:, 0].tolist() == [1, 2, 3, 4, 5]
    assert again.train.targets.tolist() == [1, 0, 1, 0, 1]
    assert (again.val.inputs["text"][:, 0].tolist(), again.judged) == ([6, 7], "test")
    assert again.test is again.val


def test_without_a_test_split_retraining_is_judged_as_the_search_was() -> None:
    given = examples()
    assert given.for_retraining() is given and given.judged == "val"
