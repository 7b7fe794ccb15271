from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console
from tests.support.factories import DATASET
from tests.unit.nas_client.conftest import preparing

from nas_client.cli.screen import ROWS, screen
from nas_client.search_state import SearchState
from nas_core.api.guidance import Guidance
from nas_core.api.search_status import DecisionImportance, Importance, LearntUtility, ObjectiveWeight, TargetStatus
from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import Baseline
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView

NOW = datetime(2026, 1, 2, 3, 5, 15, tzinfo=UTC)


def draw(state: SearchState, note: str = "", width: int = 120) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(screen(state, NOW, note))
    return captured.get()


def line_with(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def test_shows_progress_running_trials_and_the_best(half_way: SearchState) -> None:
    text = draw(half_way)
    assert "1/4 trials" in text and "1m10s" in text
    assert "running 1 · succeeded 1" in text
    assert line_with(text, "fashion-00001").split() == ["fashion-00001", "2/4", "0.5", "1m10s"]
    assert line_with(text, "fashion-00000").split() == ["fashion-00000", "0.8125", "|skip~0|"]


def test_a_search_nobody_has_looked_at_yet_says_so(build: Callable[..., SearchState]) -> None:
    assert "the operator has not looked at it yet" in draw(build())


def test_trouble_is_shown_below_what_was_last_known(half_way: SearchState) -> None:
    text = draw(half_way, "the API server cannot be reached")
    assert text.index("fashion-00000") < text.index("the API server cannot be reached")


def test_of_a_search_with_targets_only_what_keeps_their_limits_is_shown(half_way: SearchState) -> None:
    status = half_way.status.model_copy(update={"targets": [TargetStatus(name="mcu")]})
    assert "best so far" not in draw(SearchState(replace(half_way.search, status=status), half_way.trials))
    status = status.model_copy(update={"targets": [*status.targets, TargetStatus(name="phone", best=status.best)]})
    text = draw(SearchState(replace(half_way.search, status=status), half_way.trials))
    assert text.index("for mcu") < text.index("none keeps its limits yet") < text.index("for phone")


def test_many_running_trials_are_counted_not_listed(half_way: SearchState) -> None:
    template = half_way.running[0]
    many = tuple(
        TrialView(replace(template.meta, name=f"t{i}"), template.spec, template.status) for i in range(ROWS + 5)
    )
    text = draw(SearchState(half_way.search, many))
    assert "… and 5 more" in text
    assert f"t{ROWS - 1} " in text and f"t{ROWS} " not in text


def test_on_a_narrow_terminal_only_the_architecture_is_folded(half_way: SearchState) -> None:
    best = half_way.status.best[0].model_copy(update={"architecture": "|nor_conv_3x3~0|" * 6})
    status = half_way.status.model_copy(update={"best": [best]})
    text = draw(SearchState(replace(half_way.search, status=status), half_way.trials), width=60)
    assert line_with(text, "fashion-00000").split()[:2] == ["fashion-00000", "0.8125"]
    assert line_with(text, "val_accuracy  architecture")


def test_at_80_columns_the_architecture_of_a_search_with_many_metrics_is_whole(half_way: SearchState) -> None:
    names = ["val_balanced_accuracy", "parameters", "flops", "latency_ms", "peak_memory_bytes"]
    spec = half_way.spec.model_copy(
        update={
            "objectives": [Objective(metric=names[0], goal="maximize")],
            "constraints": [Constraint(metric=name, max="1e9") for name in names[1:]],
        }
    )
    text = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|avg_pool~2|"
    best = half_way.status.best[0].model_copy(update={"architecture": text, "metrics": dict.fromkeys(names, 123456.0)})
    status = half_way.status.model_copy(update={"best": [best]})
    shown = draw(SearchState(replace(half_way.search, status=status).readable(spec), half_way.trials), width=80)
    assert line_with(shown, text).strip() == text
    assert line_with(shown, "fashion-00000").split()[1] == "123,456"
    assert "no room for" in shown and max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("markup", ["[red]x[/red]", "[/]"])
def test_messages_are_text_not_markup(half_way: SearchState, markup: str) -> None:
    assert markup in draw(half_way, markup)


def test_the_best_that_were_trained_again_are_shown_with_their_test_metrics(half_way: SearchState) -> None:
    again = half_way.status.best[0].model_copy(update={"metrics": {"test_accuracy": 0.9}, "trial": "fashion-r30-id0"})
    status = half_way.status.model_copy(update={"retrained": [again]})
    shown = draw(replace(half_way, search=replace(half_way.search, status=status)))
    assert "trained again in full" in shown
    assert "test_accuracy" in shown and "fashion-r30-id0" in shown and "0.9" in shown


def with_latency(half_way: SearchState, contended: bool) -> SearchState:
    """Let the best have a latency that the search asks for."""
    objectives = [*half_way.spec.objectives, Objective(metric="latency_ms", goal="minimize")]
    spec = half_way.spec.model_copy(update={"objectives": objectives})
    best = half_way.status.best[0].model_copy(update={"metrics": {"val_accuracy": 0.8125, "latency_ms": 12.5}})
    status = half_way.status.model_copy(update={"best": [best]})
    first, *others = half_way.trials
    first = replace(first, status=first.status.model_copy(update={"contended": contended}))
    return SearchState(replace(half_way.search, status=status).readable(spec), (first, *others))


def test_a_latency_that_was_measured_on_a_busy_device_is_marked(half_way: SearchState) -> None:
    shown = draw(with_latency(half_way, contended=True))
    assert line_with(shown, "fashion-00000").split()[1:3] == ["0.8125", "12.5*"]
    assert "* measured while others used the device" in shown
    alone = draw(with_latency(half_way, contended=False))
    assert line_with(alone, "fashion-00000").split()[1:3] == ["0.8125", "12.5"] and "*" not in alone


def test_the_data_are_shown_with_what_is_odd_about_them(half_way: SearchState) -> None:
    assert "data:" not in draw(half_way)
    odd = DATASET.model_copy(update={"warnings": [f"column c{k} is empty" for k in range(5)]})
    status = half_way.status.model_copy(update={"dataset": odd})
    text = draw(replace(half_way, search=replace(half_way.search, status=status)))
    assert "data: 1,200 to train on, 300 to validate, of 7 classes" in text
    assert "column c2 is empty" in text and "column c3" not in text and "… and 2 more warnings" in text


def test_simple_models_stand_below_the_best(half_way: SearchState) -> None:
    simple = [
        Baseline(name="linear", metrics={"val_accuracy": 0.61, "test_accuracy": 0.59, "val_loss": 1.0}, examples=900)
    ]
    known = DATASET.model_copy(update={"baseline": simple})
    status = half_way.status.model_copy(update={"dataset": known})
    lines = draw(replace(half_way, search=replace(half_way.search, status=status))).splitlines()
    [head] = [place for place, line in enumerate(lines) if "simple model" in line]
    assert lines[head].split() == ["simple", "model", "val_accuracy", "test_accuracy"]
    assert lines[head + 1].split() == ["linear", "0.61", "0.59"]


def test_preparing_shows_how_many_rows_are_done(half_way: SearchState) -> None:
    text = draw(SearchState(half_way.search, (TrialView.of(preparing(12000)),)))
    assert "12,000 rows" in line_with(text, "fashion-prepare")


def test_the_guidance_that_holds_is_shown(half_way: SearchState) -> None:
    guidance = Guidance.model_validate(
        {"decisions": [{"name": "*", "forbid": ["none"]}], "inject": ["|skip~0|"], "extend": ["s-00001"]}
    )
    assert isinstance(half_way.search, ReadableSearch)
    search = replace(half_way.search, spec=half_way.spec.model_copy(update={"guidance": guidance}))
    assert "guidance: * forbid none; try |skip~0|; extend s-00001" in draw(SearchState(search, half_way.trials))


def test_the_decisions_that_matter_most_are_below_the_best(half_way: SearchState) -> None:
    matters = DecisionImportance(decision="0-3", share="0.614", low="0.500", high="0.700")
    found = Importance(metric="val_accuracy", results=21, decisions=[matters])
    status = half_way.status.model_copy(update={"importance": found})
    text = draw(SearchState(replace(half_way.search, status=status), half_way.trials))
    assert "of the variance of val_accuracy that a decision alone explains, from 21 results" in text
    assert line_with(text, "0-3").split() == ["0-3", "61%", "50%", "to", "70%"]
    nothing = half_way.status.model_copy(update={"importance": Importance(metric="val_accuracy", results=21)})
    assert "explains" not in draw(SearchState(replace(half_way.search, status=nothing), half_way.trials))


def test_what_comparisons_say_is_below_the_best(half_way: SearchState) -> None:
    weight = ObjectiveWeight(metric="size", weight="0.614", low="0.500", high="0.700")
    found = LearntUtility(comparisons=9, not_followed=2, weights=[weight])
    assert isinstance(half_way.search, ReadableSearch)
    guidance = Guidance.model_validate({"comparisons": [{"better": 17, "worse": 4}]})
    search = replace(
        half_way.search,
        status=half_way.status.model_copy(update={"utility": found}),
        spec=half_way.spec.model_copy(update={"guidance": guidance}),
    )
    text = draw(SearchState(search, half_way.trials))
    assert "guidance: prefer 17 over 4" in text
    assert "how much an objective counts (comparisons: 9, not followed: 2)" in text
    assert line_with(text, "size").split() == ["size", "61%", "50%", "to", "70%"]
