"""How the plots look: Vega-Lite specifications (https://vega.github.io/vega-lite/), by the names of their data.

Columns are called m0, m1, … instead of by their metrics, whose names may hold what means something to Vega.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas_core.states import Work

Spec = dict[str, Any]

_STANDING: Spec = {
    "field": "standing",
    "type": "nominal",
    "title": None,
    "scale": {
        "domain": ["best", "feasible", "breaks a constraint"],
        "range": ["#d62728", "#4c78a8", "#bbbbbb"],
    },
}
_POINT: Spec = {"type": "point", "filled": True, "size": 40, "opacity": 0.7}


def _base(data: str, label: str, height: int = 320) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": label,
        "data": {"name": data},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "height": height,
    }


def _value(field: str, title: str | None = None, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}, **more}


def _tooltip(metrics: Sequence[str]) -> list[Spec]:
    named = [("trial", "trial"), ("order", "result"), *((f"m{place}", name) for place, name in enumerate(metrics))]
    return [{"field": field, "title": title} for field, title in [*named, ("architecture", "architecture")]]


def progress(metrics: Sequence[str]) -> Spec:
    """Return the plot of the first objective over results or minutes, with the best so far."""
    across = {"input": "select", "options": ["order", "minutes"], "labels": ["results", "minutes"], "name": "across "}
    x = _value("x")
    return _base("results", f"Results one by one, and the best so far: {metrics[0]}") | {
        "params": [{"name": "across", "value": "order", "bind": across}],
        "transform": [{"calculate": "datum[across]", "as": "x"}],
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.m0)"}],
                "mark": _POINT,
                "encoding": {"x": x, "y": _value("m0", metrics[0]), "color": _STANDING, "tooltip": _tooltip(metrics)},
            },
            {
                "transform": [{"filter": "isValid(datum.so_far)"}],
                "mark": {"type": "line", "interpolate": "step-after", "color": "#d62728"},
                "encoding": {"x": x, "y": _value("so_far", metrics[0])},
            },
        ],
    }


def trade_off(metrics: Sequence[str], second: int) -> Spec:
    """Return the plot of two metrics against each other, which the reader chooses; at first m0 over m ``second``."""

    def choice(name: str, place: int) -> Spec:
        options = [f"m{number}" for number in range(len(metrics))]
        bind = {"input": "select", "options": options, "labels": list(metrics), "name": f"{name} "}
        return {"name": name, "value": f"m{place}", "bind": bind}

    return _base("results", "Two metrics of each result against each other") | {
        "params": [choice("across", second), choice("up", 0)],
        "transform": [
            {"calculate": "datum[across]", "as": "x"},
            {"calculate": "datum[up]", "as": "y"},
            {"filter": "isValid(datum.x) && isValid(datum.y)"},
        ],
        "mark": _POINT,
        "encoding": {"x": _value("x"), "y": _value("y"), "color": _STANDING, "tooltip": _tooltip(metrics)},
    }


def hypervolume() -> Spec:
    """Return the plot of the hypervolume's history."""
    return _base("hypervolume", "The hypervolume of the Pareto front over the trials that had ended", 200) | {
        "mark": {"type": "line", "interpolate": "step-after", "point": True},
        "encoding": {"x": _value("trials", "trials"), "y": _value("value", "hypervolume")},
    }


def learning_curves(metric: str, others: bool) -> Spec:
    """Return the plot of learning curves: the best in colours, others, if there are any, behind them in grey."""
    x, y = _value("epoch", "epoch", axis={"tickMinStep": 1, "format": "d"}), _value("value", metric)
    shown = [{"field": "trial"}, {"field": "epoch"}, {"field": "value", "title": metric}]
    dash = {"field": "work", "type": "nominal", "title": None, "sort": [Work.TRAIN.value, Work.RETRAIN.value]}
    behind = {
        "transform": [{"filter": "!datum.named"}],
        "mark": {"type": "line", "color": "#cccccc", "strokeWidth": 1},
        "encoding": {"x": x, "y": y, "detail": {"field": "trial"}, "tooltip": shown},
    }
    best = {
        "transform": [{"filter": "datum.named"}],
        "mark": {"type": "line", "point": {"size": 20}},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "trial", "type": "nominal", "title": None},
            "strokeDash": dash,
            "tooltip": shown,
        },
    }
    # A layer without data would have scales without ends.
    layers = [behind, best] if others else [best]
    return _base("curves", f"Learning curves of {metric}") | {"layer": layers}


def importance(metric: str, decisions: int) -> Spec:
    """Return the bars of how much each of so many decisions alone explains of a metric."""
    return _base(
        "importance", f"Share of the variance of {metric} that each decision alone explains", 20 * decisions
    ) | {
        "encoding": {
            "y": {
                "field": "decision",
                "type": "nominal",
                "title": None,
                # As the data are: the largest first. Layers cannot be sorted by a field.
                "sort": None,
                "axis": {"labelLimit": 240},
            },
            "tooltip": [
                {"field": "decision"},
                *({"field": field, "format": ".1%"} for field in ("share", "low", "high")),
            ],
        },
        "layer": [
            {
                "mark": "bar",
                "encoding": {
                    "x": {
                        "field": "share",
                        "type": "quantitative",
                        "title": "share of variance, with 95 % interval",
                        "axis": {"format": ".0%", "tickCount": 5},
                    }
                },
            },
            {
                "mark": {"type": "rule", "color": "black"},
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
        ],
    }


def parallel(axes: Sequence[str], metric: str, goal: str) -> Spec:
    """Return parallel coordinates: a line for each candidate through its decisions to the objective."""
    x = {"field": "axis", "type": "nominal", "title": None, "sort": list(axes), "axis": {"labelAngle": 0, "grid": True}}
    y = {"field": "place", "type": "quantitative", "axis": None}
    colour = {
        "field": "value",
        "type": "quantitative",
        "title": metric,
        "scale": {"scheme": "viridis", "reverse": goal == "minimize"},
    }
    return _base("lines", f"Which decisions lead to which {metric}", 380) | {
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "line", "opacity": 0.35, "strokeWidth": 1.5},
                "encoding": {
                    "detail": {"field": "line"},
                    "color": colour,
                    "tooltip": [
                        {"field": "trial"},
                        {"field": "axis"},
                        {"field": "label"},
                        {"field": "value", "title": metric},
                    ],
                },
            },
            {
                "data": {"name": "axes"},
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 10, "stroke": "white", "strokeWidth": 3},
                "encoding": {"text": {"field": "label"}},
            },
            {
                "data": {"name": "axes"},
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 10},
                "encoding": {"text": {"field": "label"}},
            },
        ],
    }


def cost(bars: int) -> Spec:
    """Return the bars, so many, of what each kind of work has taken."""
    return _base("cost", "Hours by kind of work", 24 * bars) | {
        "mark": "bar",
        "encoding": {
            "x": {"field": "hours", "type": "quantitative", "title": "hours"},
            "y": {"field": "work", "type": "nominal", "title": None},
            "yOffset": {"field": "of", "type": "nominal"},
            "color": {"field": "of", "type": "nominal", "title": None},
            "tooltip": [{"field": "work"}, {"field": "of"}, {"field": "hours", "format": ".3f"}],
        },
    }
