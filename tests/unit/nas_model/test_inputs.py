from __future__ import annotations

import torch

from nas_model.inputs import network_inputs, scales_of
from nas_model.preprocessing.forms import ClassesForm, ImageForm, Preprocessing


def test_images_are_standardised_and_codes_are_widened() -> None:
    image = ImageForm(channels=2, height=1, width=1, type="uint8", mean=(10.0, 20.0), deviation=(2.0, 5.0))
    target = ClassesForm(kind="classes", names=("a", "b"))
    preprocessing = Preprocessing(task="image-classification", image=image, target=target)
    rows = {
        "image": torch.tensor([[[[14]], [[10]]]], dtype=torch.uint8),
        "text": torch.tensor([[3]], dtype=torch.int32),
        "numeric": torch.tensor([[0.5]]),
    }
    made = network_inputs(rows, scales_of(preprocessing, torch.device("cpu")))
    assert made["image"].flatten().tolist() == [2, -2]
    assert made["text"].dtype == torch.int64 and made["numeric"] is rows["numeric"]
    assert not scales_of(preprocessing.model_copy(update={"image": None}), torch.device("cpu"))
