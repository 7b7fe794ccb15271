"""What the documentation points at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(p for folder in ("", "docs/**/", "examples/**/", "benchmarks/**/") for p in ROOT.glob(f"{folder}*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_lead_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", page.read_text())
    missing = [f"{to}#{heading}" for to, heading in links if heading not in anchors(page.parent / to if to else page)]
    assert not missing


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


ROOMS = re.compile(r"`([\w./-]+/|[\w./-]+\.py|Dockerfile)`")
SOURCES = [ROOT, ROOT / "operator", ROOT / "trial_image", ROOT / "dev"]


def in_architecture() -> set[str]:
    """Paths of files and rooms that the architecture page names, without the trailing slash."""
    return {path.rstrip("/") for path in ROOMS.findall((ROOT / "docs" / "architecture.md").read_text())}


def test_the_architecture_names_what_exists() -> None:
    named = in_architecture()
    inside = [room for source in SOURCES for room in (source, *source.glob("nas_*"), *source.glob("nas_*/*"))]
    missing = [path for path in named if not any((place / path).exists() for place in inside)]
    assert len(named) > 30
    assert not missing


def test_the_architecture_names_every_room() -> None:
    packages = {
        str(init.parent.relative_to(source))
        for source in (ROOT / "operator", ROOT / "trial_image")
        for init in source.glob("nas_*/**/__init__.py")
    }
    named = in_architecture()
    assert not {room for room in packages if room not in named and f"operator/{room}" not in named}
