from __future__ import annotations

import torch

from nas_model.signature import AudioInput, ImageInput, SeriesInput, Signature, TableInput, TextInput


def test_zeros_have_the_shapes_that_the_inputs_are_told_by() -> None:
    every = Signature(
        2, ImageInput(3, 8, 9), TextInput(100, 7), AudioInput(16_000, 400), SeriesInput(12, 20), TableInput(4, (3, 5))
    )
    assert {name: (tuple(x.shape), x.dtype) for name, x in every.zeros(5).items()} == {
        "image": ((5, 3, 8, 9), torch.float32),
        "text": ((5, 7), torch.int64),
        "audio": ((5, 400), torch.float32),
        "series": ((5, 12, 20), torch.float32),
        "numeric": ((5, 4), torch.float32),
        "categorical": ((5, 2), torch.int64),
    }
    assert Signature(2, image=ImageInput(1, 2, 2)).zeros().keys() == {"image"}
