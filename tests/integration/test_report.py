"""The report of a search in a real browser: it draws, says nothing on the console, and can be used by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.reports import START, reported

from nas_report import report_page
from nas_report.javascript import vega

CHROMIUM = "/usr/bin/chromium"
# No sandbox: the tests run as root. The others keep the browser from calling home.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAINT_LIMIT_MS = 2000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Reader:
    """Somebody who reads a report, and what the browser complains of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def read(self, path: Path) -> None:
        """Open it, and scroll to every plot until it is drawn."""
        self.page.goto(path.as_uri())
        for plot in self.page.query_selector_all(".plot"):
            plot.scroll_into_view_if_needed()
            self.page.wait_for_function("plot => plot.dataset.drawn", arg=plot)

    def first_cells(self, column: int) -> list[str]:
        cells = self.page.query_selector_all(f"#table tbody tr td:nth-child({column})")
        return [cell.inner_text() for cell in cells]


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield Reader(page)
    page.close()


def written(folder: Path, count: int, message: str = "") -> Path:
    search, trials = reported(count, message=message)
    path = folder / "report.html"
    path.write_text(report_page(search, search.spec, trials, vega(), START), encoding="utf-8")
    return path


def test_every_plot_is_drawn_and_nothing_is_complained_of_or_fetched(reader: Reader, tmp_path: Path) -> None:
    path = written(tmp_path, 300, "</script><script>throw new Error('mine')</script>")
    reader.read(path)
    assert reader.complaints == [] and reader.requests == [path.as_uri()]
    for plot in reader.page.query_selector_all(".plot canvas"):
        # Some pixel is not of the background.
        assert plot.evaluate(
            "c => new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)"
            ".some((pixel, _, all) => pixel !== all[0])"
        )
    assert len(reader.page.query_selector_all(".plot canvas")) == 6
    picture = reader.page.screenshot(full_page=True)
    assert len(picture) > 50_000, "an empty page takes less"


@pytest.mark.parametrize("count", [0, 1, 6])
def test_a_small_search_is_drawn_without_complaint_too(count: int, reader: Reader, tmp_path: Path) -> None:
    reader.read(written(tmp_path, count))
    assert reader.complaints == []


def test_ten_thousand_results_are_painted_soon_in_at_most_five_megabytes(reader: Reader, tmp_path: Path) -> None:
    path = written(tmp_path, 10_000)
    assert path.stat().st_size <= 5_000_000
    reader.read(path)
    paints = reader.page.evaluate("performance.getEntriesByType('paint').map(entry => entry.startTime)")
    assert max(paints) <= PAINT_LIMIT_MS
    assert reader.page.inner_text("#count") == "10000 of 10000, page 1 of 200"
    assert reader.complaints == []


def test_the_table_is_sorted_filtered_and_turned_by_keyboard(reader: Reader, tmp_path: Path) -> None:
    reader.read(written(tmp_path, 200))
    page = reader.page
    page.focus("th button >> text=val_accuracy")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    values = reader.first_cells(6)
    assert values == sorted(values, reverse=True) and len(values) == 50
    assert page.get_attribute("th:nth-child(6)", "aria-sort") == "descending"
    page.focus("#next")
    page.keyboard.press("Space")
    assert float(reader.first_cells(6)[0]) <= float(values[-1])
    page.focus("#filter")
    page.keyboard.type("digits-00042")
    assert reader.first_cells(2) == ["digits-00042"]
    assert page.inner_text("#count") == "1 of 200, page 1 of 1"


def test_what_is_plotted_can_be_chosen(reader: Reader, tmp_path: Path) -> None:
    reader.read(written(tmp_path, 50))
    before = reader.page.locator("#plot-trade-off canvas").screenshot()
    reader.page.select_option("#plot-trade-off select >> nth=0", label="val_loss")
    # Two frames: Vega draws in the first one after the choice.
    reader.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert reader.page.locator("#plot-trade-off canvas").screenshot() != before
    assert reader.complaints == []


def test_the_first_key_leads_past_everything_to_the_table(reader: Reader, tmp_path: Path) -> None:
    reader.page.goto(written(tmp_path, 20).as_uri())
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.className") == "skip"
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_function("scrollY > 0")
