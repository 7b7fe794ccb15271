"""What the documentation points at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_the_architecture_names_files_that_exist():
    rooms, missing, checked = ROOT, [], 0
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        if not line.startswith("|"):
            continue
        what, where = line.strip("|").split("|")
        if heading := re.match(r" \*\*.*\(`([^`]+)`", what):
            rooms = ROOT / heading.group(1)
        elif what.startswith(" **"):
            rooms = ROOT
        for name in re.findall(r"`([^`]+)`", where):
            checked += 1
            if not (rooms / name).exists() and not (ROOT / name).exists():
                missing.append(name)
    assert checked > 30
    assert not missing
