from __future__ import annotations

from tests.support.reports import reported

from nas_report.facts import WARNINGS, facts, headline, hours_by_work, warnings


def test_the_headline_is_what_the_operator_says() -> None:
    search, _ = reported(10)
    assert headline(search) == "BudgetSpent: all trials have ended"


def test_facts_leave_out_what_is_not_known() -> None:
    search, trials = reported(10)
    found = dict(facts(search, search.spec, trials))
    assert found["trials"] == "10/10 ended; 1 failed"
    assert found["search space"] == "nas-bench-201 (15625 encodings)"
    assert found["objectives"] == "maximize val_accuracy, minimize parameters"
    assert "hypervolume" not in found and "image" not in found


def test_a_warning_of_many_trials_stands_once() -> None:
    search, trials = reported(40, message="out of memory")
    assert warnings(search, trials) == ["failed: Error: out of memory (4 trials)"]


def test_not_every_kind_of_warning_is_listed() -> None:
    search, trials = reported(20)
    noisy = [
        type(t)(t.meta, t.spec, t.status.model_copy(update={"warnings": [f"w{n}-{k}" for k in range(8)]}))
        for n, t in enumerate(trials)
    ]
    found = warnings(search, noisy)
    assert len(found) == WARNINGS + 1 and found[-1].endswith("more kinds of warnings")


def test_hours_are_of_each_kind_of_work() -> None:
    _, trials = reported(120)
    assert hours_by_work(trials) == [{"work": "Train", "of": "trial-hours", "hours": 1.0}]
