"""scikit-learn's digits: 1,797 grey images of 8 x 8, ten classes (UCI ML hand-written digits)."""

from __future__ import annotations

import numpy as np

from nas_trial.data.raw import RawData


def read() -> RawData:
    """Return the digits, their grey values brought from 0 … 16 to 0 … 255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = np.round(digits.images * (255 / 16)).astype(np.uint8)[:, None]
    return RawData(x, digits.target.astype(np.int64), tuple(map(str, digits.target_names)), "digits")
