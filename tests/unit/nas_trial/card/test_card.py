from __future__ import annotations

from dataclasses import replace

import numpy as np

from nas_core.api.trial import Baseline
from nas_model.bundle.format import CARD, Manifest, Origin
from nas_model.preprocessing.forms import ClassesForm, ImageForm, NumbersForm, NumericForm, Preprocessing
from nas_trial.card.card import card_files
from nas_trial.card.facts import CardFacts, ExportFacts, SplitFacts
from nas_trial.card.quality import quality_of

ORIGIN = Origin(
    namespace="team",
    search="digits",
    search_uid="uid",
    trial="digits-7",
    index=7,
    attempt=2,
    seed=5,
    data_seed=0,
    epochs=12,
    dataset_hash="sha256:abc",
    gpus=2,
    packages={"torch": "2.15.0"},
)
MANIFEST = Manifest(
    task="image-classification",
    metrics={"test_accuracy": 0.75, "test_loss": 0.4, "train_seconds": 7200.0, "parameters": 1234.0},
    precision="bfloat16",
    origin=ORIGIN,
    files=[],
)
IMAGES = Preprocessing(
    task="image-classification",
    image=ImageForm(channels=3, height=32, width=32, type="uint8", size=32, mean=(1, 2, 3), deviation=(1, 1, 1)),
    target=ClassesForm(kind="classes", names=("cat", "do|g")),
)
NETWORK = ExportFacts("PyTorch, float32", "weights.safetensors", 5000, 0.0, {"accuracy": 0.75}, 1.5)
FACTS = CardFacts(
    title="digits-7",
    address="s3://bucket/model/",
    manifest=MANIFEST,
    architecture="|conv~0|",
    preprocessing=IMAGES,
    splits=[SplitFacts("train and val", 30, [10, 20]), SplitFacts("test", 4, [2, 2])],
    judged="test",
    quality=quality_of(np.array([[2, 0], [0, 2], [0, 1], [0, 3]], np.float32), np.array([0, 0, 1, 1]), IMAGES.target),
    warnings=["3 rows repeat another"],
    lineage={"image": "sha256:def"},
)


def text_of(facts: CardFacts) -> str:
    return card_files(facts)[CARD].decode()


def test_a_card_tells_what_its_reader_has_to_know() -> None:
    files = card_files(FACTS)
    text = files[CARD].decode()
    assert list(files) == ["card/confusion.png", "card/reliability.png", CARD]
    for line in [
        "# digits-7",
        "| train and val | 30 | 10 | 20 |",
        "| `test_accuracy` | 0.75 |",
        r"| do\|g | 2 | 0.667 | 1.000 | 0.800 |",
        "- Training: 7,200.0 s; 4 GPU-hours",
        "- 3 rows repeat another",
        "- It was judged in bfloat16; exports compute in float32.",
        "- search: team/digits (uid)",
        "- image: sha256:def",
        "- package torch: 2.15.0",
        'model = nas_model.load("s3://bucket/model/")',
        "![Confusion matrix: true classes by predicted classes](card/confusion.png)",
    ]:
        assert line in text.splitlines(), line
    assert "## Exports" not in text


def test_exports_stand_beside_the_network_with_what_stays_outside_of_them() -> None:
    int8 = ExportFacts("ONNX, int8", "exports/model-int8.onnx", 2000, 0.25, {"accuracy": 0.5}, 0.5)
    text = text_of(replace(FACTS, network=NETWORK, exports=[int8]))
    assert r"| PyTorch, float32 | `weights.safetensors` | 5,000 | 0.0e+00 | 0.75 | 1.50 |" in text
    assert r"| ONNX, int8 | `exports/model-int8.onnx` | 2,000 | 2.5e-01 | 0.5 | 0.50 |" in text
    assert "`image` as bytes (3 x 32 x 32); and give logits" in text
    assert "images are scaled and cut to 32 pixels" in text


def test_without_a_test_split_the_numbers_are_called_optimistic() -> None:
    text = text_of(replace(FACTS, judged="val"))
    assert "these numbers are optimistic" in text and "There was no test split" in text


def test_a_regression_has_errors_in_its_unit() -> None:
    form = Preprocessing(
        task="regression",
        numeric=NumericForm(columns=("a",), mean=(0.0,), deviation=(1.0,)),
        target=NumbersForm(columns=("price",), mean=(100.0,), deviation=(10.0,)),
    )
    quality = quality_of(np.array([[0], [1]], np.float32), np.array([101.0, 110.0]), form.target)
    splits = [SplitFacts("train", 2)]
    files = card_files(replace(FACTS, preprocessing=form, quality=quality, splits=splits))
    assert list(files) == ["card/residuals.png", CARD]
    text = files[CARD].decode()
    assert "| price | -0.5 | 0.5 | 0.7071 | 0.5 | 0.9 |" in text
    assert "- Target price: 100 on average, with a deviation of 10" in text


def test_of_many_classes_the_worst_are_listed() -> None:
    rng = np.random.default_rng(3)
    target = ClassesForm(kind="classes", names=tuple(f"c{n}" for n in range(60)))
    quality = quality_of(rng.normal(size=(200, 60)).astype(np.float32), rng.integers(60, size=200), target)
    splits = [SplitFacts("train", 200, [1] * 60)]
    form = IMAGES.model_copy(update={"target": target})
    text = text_of(replace(FACTS, preprocessing=form, quality=quality, splits=splits))
    assert "The 50 classes of 60 with the lowest F1" in text and "60 classes." in text
    assert sum(line.startswith("| c") for line in text.splitlines()) == 51  # with the head


def test_simple_models_stand_beside_the_model() -> None:
    simple = [
        Baseline(name="majority", metrics={"val_accuracy": 0.5}, examples=25),
        Baseline(name="linear", metrics={"val_accuracy": 0.6, "test_accuracy": 0.625}, examples=25),
    ]
    lines = text_of(replace(FACTS, baseline=simple)).splitlines()
    assert "Beside them stand simple models, fitted to 25 of the training examples." in lines
    assert "| metric | value | linear |" in lines and "| `test_accuracy` | 0.75 | 0.625 |" in lines
    assert any(line.startswith("| `test_loss` | 0.4 |") for line in lines)
