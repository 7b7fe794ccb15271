"""Puts the report together: words, drawings, plots and the table in one HTML file.

What people and trials have written (names, messages, architectures) is text, never markup: it is escaped in the HTML,
and the data of the plots are JSON that the script writes as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
from importlib import resources
from string import Template
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import BestArchitecture
from nas_core.api.trial import Baseline
from nas_core.importance import MOST_RESULTS, importance_in
from nas_core.numbers_as_text import number
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_core.spaces import ArchitectureError, get_space
from nas_core.states import Work
from nas_report import charts
from nas_report.candidates import Candidates, candidates, shown_metrics
from nas_report.curves import curve_points
from nas_report.drawing import draw
from nas_report.facts import facts, headline, hours_by_work, warnings
from nas_report.graphs import graphs_of
from nas_report.parallel import parallel_lines
from nas_report.results import Result, results_of

DRAWN = 3
"""Architectures that are drawn."""
DECISIONS = 20
"""Decisions whose importance is shown."""
ROWS = 50
"""Rows of a table that is not searched in."""


def report_page(search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView], vega: str, now: datetime) -> str:
    """Return the report as HTML: at most 5 MB, whatever the search has.

    Args:
        search: as it is now.
        spec: what was asked for.
        trials: all of the search, by index.
        vega: the JavaScript of the plots, which defines ``vegaEmbed``.
        now: when the report is made.
    """
    results = results_of(spec, trials, search.status.start_time)
    table = candidates(results, spec)
    datasets, specs = _plots(search, spec, trials, results, table)
    data = {"columns": table.columns, "rows": table.rows, "datasets": datasets, "charts": specs}
    texts = {
        "title": escape(f"{search.meta.name}: report of a search"),
        "name": escape(search.meta.name),
        "headline": escape(headline(search)),
        "made": f"{now:%Y-%m-%d %H:%M} UTC",
        "facts": _definitions(facts(search, spec, trials)),
        "warnings": _warnings(warnings(search, trials)),
        "best": _best(search, spec) + _comparisons(search, spec, trials),
        "drawings": _drawings(search, spec, trials),
        "chosen": _chosen(search),
        "shown": ""
        if len(table.rows) == table.total
        else f" The best {len(table.rows):,} of {table.total:,} are here.",
        "plots": "".join(_plot(name, each["description"]) for name, each in specs.items()),
        "style": _asset("page.css"),
        "script": _asset("page.js"),
        "vega": _javascript(vega),
        "data": _json(data),
    }
    return Template(_asset("page.html")).substitute(texts)


def _plots(
    search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView], results: Sequence[Result], table: Candidates
) -> tuple[dict[str, Any], dict[str, charts.Spec]]:
    """Return the data of the plots beside the table, and the plots for which there is something to show."""
    objective, metrics = spec.objectives[0], table.metrics
    datasets: dict[str, Any] = {"curves": curve_points(trials, objective), "cost": hours_by_work(trials)}
    datasets["hypervolume"] = [
        {"trials": point.trials, "value": float(point.value)} for point in search.status.hypervolume_history
    ]
    specs: dict[str, charts.Spec] = {}
    if results:
        specs["progress"] = charts.progress(metrics)
        if len(metrics) > 1:
            specs["trade-off"] = charts.trade_off(metrics, 1)
    if datasets["hypervolume"]:
        specs["hypervolume"] = charts.hypervolume()
    if datasets["curves"]:
        others = any(not point["named"] for point in datasets["curves"])
        specs["curves"] = charts.learning_curves(objective.metric, others)
    known = [result for result in results if result.value(objective.metric) is not None][-MOST_RESULTS:]
    shares = importance_in(trials, objective.metric)
    if shares:
        datasets["importance"] = [asdict(each) for each in shares[:DECISIONS]]
        specs["importance"] = charts.importance(objective.metric, len(datasets["importance"]))
        lines, axes = parallel_lines(known, [each.decision for each in shares], objective)
        datasets |= {"lines": lines, "axes": axes}
        specs["parallel"] = charts.parallel(
            list(dict.fromkeys(str(a["axis"]) for a in axes)), objective.metric, objective.goal
        )
    if datasets["cost"]:
        specs["cost"] = charts.cost(len(datasets["cost"]))
    return datasets, specs


def _best(search: SearchView, spec: NASSearchSpec) -> str:
    status = search.status
    parts = []
    for target, best, again in status.found:
        of = f" for {escape(target)}" if target else ""
        parts.append(_architectures(f"The best of the search{of}", best, spec))
        parts += [_architectures(f"Trained again in full{of}", again, spec)] if again else []
    if status.dataset and status.dataset.baseline:
        parts.append(_baselines(status.dataset.baseline))
    return "".join(parts)


def _comparisons(search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView]) -> str:
    """Say what people prefer, which orders the best, and what that says of the objectives."""
    said, utility = spec.guidance.comparisons if spec.guidance else [], search.status.utility
    if not said:
        return ""
    searched = [trial for trial in trials if trial.spec.work == Work.TRAIN and not trial.spec.continues]
    names = {index: trial.meta.name for trial in searched for index in range(trial.spec.index, trial.next_index)}
    cells = [[f"{index} {names.get(index, '')}".strip() for index in one.both] for one in said]
    parts = ["<h3>Comparisons, which order the best</h3>", _table(["better", "worse"], cells)]
    if utility:
        rows = [[of.metric, of.weight, f"{of.low} to {of.high}"] for of in utility.weights]
        count = f"From {utility.comparisons} comparisons, of which {utility.not_followed} are not followed."
        parts += [_table(["objective", "weight", "95 % interval"], rows), f"<p>{count}</p>"]
    return "".join(parts)


def _architectures(title: str, entries: Sequence[BestArchitecture], spec: NASSearchSpec) -> str:
    if not entries:
        return f"<h3>{title}</h3><p>There is none yet.</p>"
    names = shown_metrics([entry.metrics for entry in entries], spec)
    rows = [[e.trial, *(number(e.metrics.get(name)) for name in names), e.architecture] for e in entries[:ROWS]]
    return f"<h3>{title}</h3>" + _table(["trial", *names, "architecture"], rows)


def _baselines(found: Sequence[Baseline]) -> str:
    names = list(dict.fromkeys(name for each in found for name in each.metrics))
    rows = [[each.name, *(number(each.metrics.get(name)) for name in names), f"{each.examples:,}"] for each in found]
    return "<h3>Simple models on the same data</h3>" + _table(["model", *names, "fitted to examples"], rows)


def _chosen(search: SearchView) -> str:
    plan = search.status.plan
    if not plan or not plan.chosen:
        return ""
    rows = [[each.field, each.value, each.reason] for each in plan.chosen]
    return "<h2>Settings chosen from the data</h2>" + _table(["field", "value", "why"], rows)


def _drawings(search: SearchView, spec: NASSearchSpec, trials: Sequence[TrialView]) -> str:
    status = search.status
    # In the order of the tables above; an architecture that was trained again is drawn once.
    found = [*(entry for _, _, again in status.found for entry in again)]
    found += [entry for _, best, _ in status.found for entry in best]
    wanted = list({entry.id: entry for entry in found}.values())[:DRAWN]
    known = {one.id: one for trial in trials for one in trial.spec.candidates}
    try:
        space = get_space(status.search_space or spec.search_space)
    except ValueError:
        return ""  # of a version that had other spaces
    parts = []
    for entry in wanted:
        architecture = known[entry.id].architecture if entry.id in known else {}
        try:
            space.validate(architecture)
        except ArchitectureError:
            continue  # the trial is gone, or of a version that had another space
        drawn = "".join(draw(graph) for graph in graphs_of(space, architecture))
        parts.append(f"<h3>{escape(entry.trial)}</h3>{drawn}")
    return "<h2>Drawings of the best</h2>" + "".join(parts) if parts else ""


def _warnings(found: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in found)
    return f"<h2>Warnings</h2><ul>{items}</ul>" if found else ""


def _plot(name: str, title: str) -> str:
    heading = escape(title)
    drawn = f'<div class="plot" id="plot-{name}" role="figure" aria-label="{heading}"></div>'
    return f"<section><h2>{heading}</h2>{drawn}</section>"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _json(data: Any) -> str:
    """Return JSON that cannot end the script element that it stands in."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _javascript(text: str) -> str:
    """Return code that cannot end its script element; in a string, where it may say so, the escape means the same."""
    return re.sub("</(?=script)", r"<\\/", text, flags=re.IGNORECASE)


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")
