from __future__ import annotations

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing.names import pairs_of, sources


def found(wanted: list[str], there: list[str], **renamed: str) -> dict[str, str]:
    return sources(wanted, there, renamed, "--rename", "parameter")


def test_equal_names_are_the_same_with_and_without_the_prefix_of_hyperparameters() -> None:
    assert found(["depth", "hp.lr"], ["depth", "lr", "other"]) == {"depth": "depth", "hp.lr": "lr"}
    assert found(["hp.lr"], ["lr", "hp.lr"]) == {"hp.lr": "hp.lr"}
    assert found(["lr"], ["hp.lr"]) == {"lr": "hp.lr"}


def test_what_people_say_comes_first_and_is_used_once() -> None:
    assert found(["depth", "width"], ["depth", "layers"], layers="depth") == {"depth": "layers"}
    # A parameter that is said to be another decision is not that of its own name too.
    assert found(["depth", "width"], ["depth"], depth="width") == {"width": "depth"}


def test_names_that_are_not_there_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"--rename x=depth: the experiment has no parameter 'x'; it has: lr"):
        found(["depth"], ["lr"], x="depth")
    with pytest.raises(InvalidInput, match=r"--rename lr=x: the search has no parameter 'x'; it has: depth"):
        found(["depth"], ["lr"], lr="x")


def test_pairs_are_read_and_others_refused() -> None:
    assert pairs_of(["a=b", "c=d=e"], "--set") == {"a": "b", "c": "d=e"}
    for wrong in ("a", "=b", "a="):
        with pytest.raises(InvalidInput, match="write it as --set EARLIER=HERE"):
            pairs_of([wrong], "--set")
    with pytest.raises(InvalidInput, match="'a' is given twice"):
        pairs_of(["a=b", "a=c"], "--set")
