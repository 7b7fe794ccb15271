from __future__ import annotations

from pathlib import Path

import pytest

from nas_benchmark.spaces import read_space

OWN = """
apiVersion: nas-operator.io/v1alpha1
kind: NASSearchSpace
metadata: {name: mine}
spec: {decisions: [{name: op, choice: [a, b]}, {name: width, integer: {min: 1, max: 3}}]}
"""


def test_a_name_or_a_file_is_a_space(tmp_path: Path) -> None:
    assert read_space("nas-bench-201").size == 5**6
    assert read_space("nas-bench-101:vertices=5").size == 2**10 * 3**3
    path = tmp_path / "mine.yaml"
    path.write_text(OWN)
    assert [decision.name for decision in read_space(str(path)).decisions] == ["op", "width"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("kind: NASSearch", "holds no object of kind NASSearchSpace"),
        ("[", "is not YAML"),
        (OWN.replace("choice", "choose"), "mine.yaml: spec.decisions.0: set exactly one of choice"),
        (OWN.replace("[a, b]", "7"), "mine.yaml: spec.decisions.0.choice: Input should be a valid list"),
        (OWN.replace("width", "op"), "decision 'op' is declared twice"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=words):
        read_space(str(path))


def test_what_is_neither_is_said() -> None:
    with pytest.raises(ValueError, match=r"space 'darts' is neither a file nor a name; there are .*nas-bench-201"):
        read_space("darts")
