"""The data set as one file: the four files' values, divided and standardised."""

import gzip
from pathlib import Path

import numpy as np
import torch
from benchmarks.supernet.images import load, pack


def test_the_file_has_what_the_four_have(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = {"train": rng.integers(256, size=(60, 28, 28)), "t10k": rng.integers(256, size=(20, 28, 28))}
    for name, values in images.items():
        for kind, header, content in (("images-idx3", 16, values), ("labels-idx1", 8, np.arange(len(values)) % 10)):
            (tmp_path / f"{name}-{kind}-ubyte.gz").write_bytes(
                gzip.compress(bytes(header) + content.astype(np.uint8).tobytes())
            )
    pack(tmp_path, tmp_path / "all.npz")
    found = load(tmp_path / "all.npz", torch.device("cpu"))
    assert [len(split.y) for split in (found.train, found.val, found.test)] == [50, 10, 20]
    assert found.test.y.tolist() == [*range(10), *range(10)]
    assert abs(float(found.train.x.mean())) < 1e-3
    assert abs(float(found.train.x.std()) - 1) < 1e-3
    pixels = images["t10k"][3].astype(np.float32)
    assert np.corrcoef(pixels.ravel(), found.test.x[3, :, :, 0].numpy().ravel())[0, 1] > 0.9999
