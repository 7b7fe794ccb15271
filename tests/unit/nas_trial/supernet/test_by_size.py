from __future__ import annotations

from nas_core.api.cell import CellSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.signature import ImageInput, Signature
from nas_trial.supernet.by_size import by_size
from nas_trial.supernet.paths import largest, smallest

IMAGES = Signature(3, image=ImageInput(1, 8, 8))


def test_the_largest_cell_has_the_most_weights_and_not_the_last_names() -> None:
    spec = SearchSpaceSpec(name="nas-bench-201", width=2, depth=1)
    space = get_space(spec)
    values = by_size(spec, space, IMAGES)
    assert set(largest(space, values).values()) == {"nor_conv_3x3"}
    assert all(found[-2:] == ["nor_conv_1x1", "nor_conv_3x3"] for found in values.values())


def test_the_smallest_cell_computes_something() -> None:
    cell = CellSpec(kind="edges", nodes=3, operations=["conv_3x3", "none"])
    spec = SearchSpaceSpec(cell=cell, width=2, depth=1)
    space = get_space(spec)
    values = by_size(spec, space, IMAGES)
    assert set(smallest(space, values).values()) == {"conv_3x3"}


def test_numbers_are_sizes() -> None:
    spec = SearchSpaceSpec(name="mobilenet", width=8, depth=1)
    values = by_size(spec, get_space(spec), IMAGES)
    numbers = [[float(value) for value in found] for name, found in values.items() if name.endswith("kernel")]
    assert numbers and all(found == sorted(found) for found in numbers)
