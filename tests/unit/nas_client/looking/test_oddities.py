"""What is odd about tables is told, and what gives the target away is left out of the manifest's inputs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nas_client.errors import InvalidInput
from nas_client.looking import Seen, local, look

ROWS = 120
USUAL = {"size": [f"{k % 11}.5" for k in range(ROWS)], "class": ["red", "white", "pink"] * (ROWS // 3)}


def seen(folder: Path, columns: dict[str, list[str]], target: str = "class") -> Seen:
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    path = folder / "a.csv"
    path.write_text("\n".join(lines))
    return look(local(path), lambda _names, _proposed: target)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([f"2024-01-{k % 28 + 1:02}" for k in range(ROWS)], "holds dates"),
        ([str(k) if k % 3 else "large" for k in range(ROWS)], "67% of the values are numbers, others are words"),
        ([str(k % 7) if k else "oops" for k in range(ROWS)], "holds numbers, but 'oops' in row 1"),
        ([f'"{k % 7},5"' for k in range(ROWS)], "its numbers have commas, such as '0,5'"),
        (["" if k % 4 else "x" for k in range(ROWS)], "75% of the values are missing"),
        (["NA" if k % 2 else "1" for k in range(ROWS)], "50% of the values are missing"),
        ([""] * ROWS, "is left out: it holds no value"),
        ([f"{k / 7:.3f}%" for k in range(ROWS)], "no categories; if '0.000%' is a number, write it as a plain one"),
        (["here"] * ROWS, "every row has the same value"),
        ([str(k) for k in range(ROWS)], "is left out: it is the number of the row"),
    ],
)
def test_what_is_odd_about_a_column(values: list[str], said: str, tmp_path: Path) -> None:
    notes = seen(tmp_path, {"odd": values, **USUAL}).notes
    assert any(note.startswith("odd: ") and said in note for note in notes), notes


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("copy", USUAL["class"], "is the same as class"),
        ("code", ["1", "2", "3"] * (ROWS // 3), "has other names for the classes of class"),
        ("shade", [f"{k % 6}" for k in range(ROWS)], "tells by its values alone nearly every class"),
        ("patient_id", [str(7 * k + 3) for k in range(ROWS)], "only says which row it is"),
        ("token", [f"x{k}" for k in range(ROWS)], "only says which row it is"),
    ],
)
def test_what_no_network_may_learn_from(name: str, values: list[str], said: str, tmp_path: Path) -> None:
    found = seen(tmp_path, {name: values, **USUAL})
    assert found.columns == {"ignore": [name]}
    assert any(note.startswith(f"{name}: ") and said in note for note in found.notes), found.notes


def test_a_quantity_in_another_unit_gives_it_away(tmp_path: Path) -> None:
    prices = [f"{(k * 37) % 101 + 0.25}" for k in range(ROWS)]
    cents = [str(float(price) * 100) for price in prices]
    found = seen(tmp_path, {"size": USUAL["size"], "cents": cents, "price": prices}, "price")
    assert found.task == "regression" and found.columns == {"ignore": ["cents"]}
    assert "cents: lies on a line with price, so it gives the answer away; it is in columns.ignore" in found.notes


def test_rows_that_repeat_others_and_contradict_them(tmp_path: Path) -> None:
    columns = {"size": [str(k // 2) for k in range(ROWS)], "class": ["a", "a", "a", "b"] * (ROWS // 4)}
    assert any(
        "30 rows are there more than once" in note and "30 times the inputs are equal and class is not" in note
        for note in seen(tmp_path, columns).notes
    )


def test_of_many_notes_the_first_are_shown(tmp_path: Path) -> None:
    found = seen(tmp_path, {f"c{place}": ["x"] * ROWS for place in range(600)} | {"class_id": USUAL["class"]} | USUAL)
    assert len(found.notes) == 21 and "more of this kind" in found.notes[-1]


def test_rare_and_frequent_classes(tmp_path: Path) -> None:
    columns = {"size": USUAL["size"], "class": ["rare", *["few"] * 3, *["many"] * (ROWS - 4)]}
    said = " ".join(seen(tmp_path, columns).notes)
    assert "class 'rare' has 1 example only; a class needs two at least" in said
    assert "class 'few' has 3 examples only" in said and "97% are of class 'many'" in said


def test_classes_that_were_written_in_two_ways(tmp_path: Path) -> None:
    columns = {"size": USUAL["size"], "class": ["cat", "Cat ", "dog", "dog"] * (ROWS // 4)}
    assert (
        "classes 'cat' and 'Cat ' differ only in capitals or spaces, and count as two" in seen(tmp_path, columns).notes
    )


def test_a_target_of_other_texts_in_each_row_is_refused(tmp_path: Path) -> None:
    columns = {"size": USUAL["size"], "class": [f'"{k + 1},000"' for k in range(ROWS)]}
    with pytest.raises(
        InvalidInput, match=rf"column 'class' has {ROWS} different texts in {ROWS} rows, such as '1,000'"
    ):
        seen(tmp_path, columns)


def test_with_nothing_to_learn_from_it_is_said_why(tmp_path: Path) -> None:
    columns = {"rate": [f"{k}%" for k in range(ROWS)], "class": USUAL["class"]}
    with pytest.raises(InvalidInput, match=r"all of them are left out; 'rate': .* if '0%' is a number"):
        seen(tmp_path, columns)


def test_of_a_large_table_the_first_rows_are_looked_at_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    names = [f"c{place}" for place in range(200)]
    row = ",".join(f"{place}.5" for place in range(199))
    with path.open("w") as file:
        file.write(",".join([*names[:199], "class"]) + "\n")
        file.writelines(f"{row},{'ab'[k % 2]}\n" for k in range(60_000))
    start = time.monotonic()
    found = look(local(path), lambda _, proposed: proposed)
    assert time.monotonic() - start < 30
    assert not found.complete and found.examples == 5000
    assert found.notes[0].startswith("the first 5,000 rows and 200 columns looked at")
