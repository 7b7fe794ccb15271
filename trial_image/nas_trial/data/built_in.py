"""Data sets of scikit-learn, which are in the trial image."""

from __future__ import annotations

import numpy as np

from nas_trial.data.raw import RawData, in_memory, table


def digits() -> RawData:
    """Return 1,797 grey images of 8 x 8, ten classes (UCI hand-written digits), 0 … 16 brought to 0 … 255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    x = np.round(bunch.images * (255 / 16)).astype(np.uint8)[:, None]  # (N, 1, 8, 8)
    return in_memory({"image": x}, bunch.target.astype(np.int64), "digits")


def breast_cancer() -> RawData:
    """Return 569 rows of 30 numbers, two classes (UCI breast cancer, Wisconsin)."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    # Names, not 0 and 1: people write them in task.positiveClass.
    labels = bunch.target_names[bunch.target]
    return in_memory(table(bunch.data), labels, "breast-cancer", columns={"numeric": tuple(bunch.feature_names)})


def diabetes() -> RawData:
    """Return 442 rows of 10 numbers and how far the disease went on in a year (Efron et al. 2004)."""
    from sklearn.datasets import load_diabetes

    # As measured: scikit-learn would scale by all rows, and so tell the training of the validation rows.
    bunch = load_diabetes(scaled=False)
    return in_memory(table(bunch.data), bunch.target, "diabetes", columns={"numeric": tuple(bunch.feature_names)})


DATASETS = {
    "digits": ("image-classification", digits),
    "breast-cancer": ("tabular-classification", breast_cancer),
    "diabetes": ("regression", diabetes),
}
"""By name: the type of task that each is for, and its reader."""
