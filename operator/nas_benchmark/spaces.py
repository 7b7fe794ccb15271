"""The space of a table: a ready-made one by name, or a NASSearchSpace in a file.

NAS-Bench-101's may have fewer vertices (``nas-bench-101:vertices=5``): some tables hold its smaller cells alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import yaml
from pydantic import ValidationError

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.crd.explain import explain
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.nas_bench_101 import NasBench101

SMALLER = re.compile(r"nas-bench-101:vertices=([2-7])")


def read_space(text: str) -> SearchSpace:
    """Return the space of a name, or of a file with a NASSearchSpace in YAML.

    Raises:
        ValueError: if it is neither; the message names what is wrong.
    """
    if text in get_args(SpaceName):
        return get_space(SearchSpaceSpec.model_validate({"name": text}))
    if smaller := SMALLER.fullmatch(text):
        return NasBench101(int(smaller[1]))
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"space {text!r} is neither a file nor a name; there are {', '.join(get_args(SpaceName))}")
    try:
        written = yaml.safe_load(path.read_text())
        if not isinstance(written, dict) or written.get("kind") != "NASSearchSpace":
            raise ValueError(f"{path} holds no object of kind NASSearchSpace")
        return get_space(SearchSpaceSpec.model_validate(written.get("spec")))
    except ValidationError as error:
        raise ValueError(f"{path}: {explain(error.errors()[0])}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
