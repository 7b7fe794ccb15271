"""One meaning a word: the glossary of docs/architecture.md is kept, and home-made words do not come back.

A word is retired when the literature or Kubernetes has another one, or when it had several meanings. Add it here when
you rename it; what to say instead is the value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = [path for room in ("operator", "trial_image", "dev") for path in sorted((ROOT / room).rglob("*.py"))]
PAGES = sorted(
    page for folder in ("", "docs/**/", "examples/**/", "benchmarks/**/") for page in ROOT.glob(f"{folder}*.md")
)

RETIRED = {
    "believer": "posterior with pending candidates",
    "belief": "prior",
    "beliefs": "posteriors",
    "billed": "what is counted",
    "course": "learning curve",
    "dear": "cost",
    "entitled": "promotable",
    "father": "second parent",
    "flaw": "mismatch",
    "foremost": "first, best",
    "fullest": "highest rung",
    "lingers": "has to end",
    "lonely": "farthest, least crowded",
    "loneliest": "farthest, least crowded",
    "making": "a verb that says what is made",
    "manieth": "nth",
    "mother": "first parent",
    "ours": "the thing's name",
    "theirs": "the thing's name",
    "told": "reported, message",
    "workplace": "workspace",
}
"""Parts of identifiers that must not come back, each with what to say instead."""

RETIRED_IN_DOCS = {word: RETIRED[word] for word in RETIRED if word not in ("course", "making", "theirs")} | {
    "anew": "again",
    "judged": "evaluated",
    "judges": "evaluates",
    "rival": "baseline, other library",
}
"""Words of docs likewise; the words that are left out are plain English there."""


def identifiers(path: Path) -> Iterator[str]:
    """Yield the names that a file gives: of itself, of classes, functions, arguments, variables and attributes."""
    yield path.stem if path.stem != "__init__" else path.parent.name
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)):
                yield name


def words(identifier: str) -> list[str]:
    """Split snake_case and CamelCase: ``_HTTPError_of`` is http, error, of."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def prose(page: Path) -> str:
    """Return a page without code blocks, code spans and addresses."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`|\]\([^)]*\)", "", text)


def glossary() -> dict[str, str]:
    """Return the table of docs/architecture.md: a word, and its one meaning."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    section = page[page.index("\n## Words\n") : page.index("\n## Where things are\n")]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert rows[0] == ("Word", "Meaning")
    assert len(rows) == len(dict(rows)), "a word has two rows"
    return dict(rows[1:])


def test_no_identifier_has_a_retired_word() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}: say {RETIRED[word]}"
        for path in SOURCES
        for name in identifiers(path)
        for word in words(name)
        if word in RETIRED
    }
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_has_a_retired_word(page: Path) -> None:
    said = set(re.findall(r"[a-z-]+", prose(page).lower()))
    assert not {word: instead for word, instead in RETIRED_IN_DOCS.items() if word in said}


def test_the_glossary_is_sorted() -> None:
    assert list(glossary()) == sorted(glossary())


def test_the_glossary_has_no_retired_word() -> None:
    assert not set(RETIRED) & {word for row in glossary().items() for text in row for word in text.lower().split()}


def test_each_word_of_the_glossary_is_used() -> None:
    code = "\n".join(path.read_text() for path in SOURCES).lower()
    pages = "\n".join(prose(page) for page in PAGES if page.name != "architecture.md").lower()
    unused = [word for word in glossary() if not re.search(rf"\b{word.replace(' ', '[ _]?')}", f"{code}\n{pages}")]
    assert not unused


def test_identifiers_are_found_and_split(tmp_path: Path) -> None:
    path = tmp_path / "told_twice.py"
    path.write_text("class BestBelief:\n    def fullest(self, ours):\n        self.course, father = 1, 2\n")
    found = {word for name in identifiers(path) for word in words(name)}
    assert {"told", "belief", "fullest", "ours", "course", "father"} <= found
    assert words("_HTTPError_of") == ["http", "error", "of"]
