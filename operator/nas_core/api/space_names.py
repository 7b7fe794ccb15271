"""The names of the ready-made spaces, each with its description.

`nas_core.spaces.ready_made` makes the spaces, `nas_model.networks` the networks; tests compare the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

SpaceName = Literal[
    "bert",
    "efficientnet",
    "hybrid-vision",
    "mobilenet",
    "mobilenet-v2",
    "nas-bench-101",
    "nas-bench-201",
    "nas-bench-301",
    "nasnet",
    "multi-modal",
    "speech-cnn-rnn",
    "tabular",
    "text-transformer",
    "tiny",
]

SPACES: Mapping[SpaceName, str] = {
    "nas-bench-101": "cells of at most 7 vertices and 9 edges with 3 operations (Ying et al. 2019)",
    "nas-bench-201": "cells of 4 nodes and 6 edges with 5 operations (Dong & Yang 2020), 15,625 cells",
    "nas-bench-301": "the normal and reduction cells of DARTS (Liu et al. 2019)",
    "nasnet": (
        "normal and reduction cells of 5 blocks with 13 operations (Zoph et al. 2018), which AmoebaNet searched"
    ),
    "text-transformer": ("layers of attention, separable convolution or feed-forward alone (NAS-BERT, Xu et al. 2021)"),
    "bert": "encoders of the form of BERT (Devlin et al. 2019) from which layers or parts of them are left out",
    "mobilenet": (
        "stages of inverted bottlenecks, each with its own kernel and expansion (ProxylessNAS, Once-For-All, Cai et "
        "al. 2020)"
    ),
    "mobilenet-v2": "the same around MobileNetV2 (Sandler et al. 2018), whose published weights fit",
    "efficientnet": "stages whose layers are alike, resolution, compound scaling (Tan & Le 2019)",
    "hybrid-vision": "convolution, pooling and attention mixed (CoAtNet, Dai et al. 2021)",
    "tiny": "depthwise-separable networks for microcontrollers (MCUNet, Lin et al. 2020)",
    "tabular": "MLP, residual MLP or FT-Transformer (Gorishniy et al. 2021)",
    "speech-cnn-rnn": (
        "for sound and time series, convolutions, then LSTM, GRU or attention (Deep Speech 2, Amodei et al. 2016)"
    ),
    "multi-modal": "an encoder each for images, texts and tables, and their fusion",
}

Inputs = Literal["images", "texts", "sound or time series", "tables", "several inputs"]
NEEDS: Mapping[SpaceName, Inputs] = {
    "nas-bench-101": "images",
    "nas-bench-201": "images",
    "nas-bench-301": "images",
    "nasnet": "images",
    "text-transformer": "texts",
    "bert": "texts",
    "mobilenet": "images",
    "mobilenet-v2": "images",
    "efficientnet": "images",
    "hybrid-vision": "images",
    "tiny": "images",
    "tabular": "tables",
    "speech-cnn-rnn": "sound or time series",
    "multi-modal": "several inputs",
}
"""The data that the networks of each are for."""

SPACES_IN_WORDS = " ".join(f"{name}: {words}." for name, words in SPACES.items())
"""For the reference and `kubectl explain`."""
