"""What the searches in the folders beside have left is the knowledge base of this machine."""

from __future__ import annotations

from pathlib import Path

from tests.unit.nas_plan.knowledge.test_nearest import asking, entry

from nas_core.records.search import ReadableSearch, UnreadableSearch
from nas_local.home import Home
from nas_local.knowledge import with_knowledge


def test_all_folders_side_by_side_are_one_base(tmp_path: Path) -> None:
    home = Home(tmp_path / "s")
    for place, name in enumerate(("newest", "older", "broken", "elsewhere")):
        namespace = "team" if name == "elsewhere" else "ns"
        folder = Home(tmp_path / name).objects / namespace / "knowledge_base"
        folder.mkdir(parents=True)
        (folder / f"{place:010d}-{name}-u.json").write_bytes(b"{" if name == "broken" else entry(name))
    (tmp_path / "a file").touch()
    found = with_knowledge(home, asking(), ())
    assert isinstance(found, ReadableSearch) and found.knowledge_read
    assert [one.source for one in found.earlier] == ["newest", "older"]


def test_a_search_that_asks_for_none_stays_as_it_is(tmp_path: Path) -> None:
    search = asking(warmStart=None)
    assert with_knowledge(Home(tmp_path / "s"), search, ()) is search
    assert with_knowledge(Home(tmp_path / "s"), asking(), ()) != asking()


def test_imported_results_are_found_in_any_of_the_folders(tmp_path: Path) -> None:
    home, search = Home(tmp_path / "s"), asking(warmStart={"imported": ["mine"]})
    home.folder.mkdir()
    missing = with_knowledge(home, search, ())
    assert isinstance(missing, UnreadableSearch) and "nothing was imported as 'mine'" in missing.error
    path = Home(tmp_path / "from-optuna").objects / "ns/knowledge_base/imported/mine.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(entry("mine"))
    found = with_knowledge(home, search, ())
    assert isinstance(found, ReadableSearch) and found.knowledge_read
    assert [one.source for one in found.earlier] == ["mine"]
    # Only who names it gets it.
    other = with_knowledge(home, asking(), ())
    assert isinstance(other, ReadableSearch) and not other.earlier
