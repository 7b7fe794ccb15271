"""The table of reasons is whole, and nothing of operator/ writes a reason or a state as a loose text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from nas_core import states
from nas_core.reasons import (
    NEEDS_ATTENTION,
    TABLES,
    EventReason,
    PlainReason,
    Reason,
    SearchReason,
    SpaceReason,
    StorageReason,
    TrainerReason,
    TrialReason,
)

ROOT = Path(__file__).parents[3]
REASONS = [reason for tables in TABLES.values() for table in tables for reason in table]
STATES = {
    str(member)
    for value in vars(states).values()
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    for member in value
}
HOMES = {"nas_core/reasons.py", "nas_core/states.py"}
OTHER_MEANINGS = {
    "nas_core/crd/resources.py": {"Accepted", "Failed", "Ready", "Running"},
    "nas_core/api/trial.py": {"Score", "Supernet"},
    "nas_core/records/job.py": {"Failed"},
    "nas_core/records/pod.py": {"Failed", "Succeeded", "Pending", "Running", "Unschedulable"},
    "nas_client/explanation.py": {"Score", "Supernet"},
    "nas_client/importing/katib.py": {"EarlyStopped", "Failed", "Running", "Succeeded"},
    "nas_client/search_state.py": {"New", "Suspended", "Succeeded", "Failed"},
    "nas_operator/kube/job_kinds.py": {"Completed", "Failed", "Succeeded"},
    "nas_operator/searches/latest_metrics.py": {"Running"},
    "nas_search/__init__.py": {"Pending", "Scoring"},
    "nas_search/strategy.py": {"Score", "Supernet"},
    "nas_search/derived.py": {"Supernet"},
    "nas_search/prefiltered.py": {"Score"},
    "nas_search/testing/strategy_conformance.py": {"Score", "Supernet"},
    "nas_storage/explain.py": {"AccessDenied"},
}
"""Words of Kubernetes, Katib and S3 (phases of pods, error codes), columns, origins of candidates, names of classes."""


def loose_words(source: Path, words: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and node.value in words:
            yield f"{source.relative_to(ROOT)}:{node.lineno}: {node.value!r}"


def test_every_table_of_reasons_is_listed() -> None:
    def below(kind: type[Reason]) -> set[type[Reason]]:
        return {kind for sub in kind.__subclasses__() for kind in (sub, *below(sub))}

    assert below(Reason) == {table for tables in TABLES.values() for table in tables}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{type(reason).__name__}.{reason.name}")
def test_a_reason_is_one_word_with_a_meaning_and_a_remedy(reason: Reason) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", reason) and len(reason) <= 128
    assert reason.name == re.sub(r"(?<!^)(?=[A-Z])", "_", reason).upper()
    for sentence in (reason.meaning, reason.remedy):
        assert sentence[:1].isupper() or sentence.startswith(("spec.", "status.", "evaluation."))
        assert sentence.endswith(".")


@pytest.mark.parametrize("owner", TABLES)
def test_no_word_has_two_entries_for_one_object(owner: str) -> None:
    words = [str(reason) for table in TABLES[owner] for reason in table]
    assert len(words) == len(set(words))


def test_operator_code_names_reasons_and_states_by_their_constants() -> None:
    words = STATES | {str(reason) for reason in REASONS}
    loose: list[str] = []
    for source in (ROOT / "operator").rglob("*.py"):
        name = str(source.relative_to(ROOT / "operator"))
        if name not in HOMES:
            loose += loose_words(source, words - OTHER_MEANINGS.get(name, set()))
    assert not loose, "\n".join(loose)


def test_the_alert_in_the_docs_is_for_the_reasons_that_need_somebody() -> None:
    metrics = (ROOT / "docs" / "metrics.md").read_text()
    assert f'nas_searches{{reason=~"{"|".join(NEEDS_ATTENTION)}"}} > 0' in metrics


@pytest.mark.parametrize("page", ["getting-started.md", "trial-contract.md", "storage.md"])
def test_reasons_that_pages_tell_of_exist(page: str) -> None:
    rows = re.findall(r"^\|(?: \d+ \|)? ((?:`[A-Z]\w+`,? ?)+)\|", (ROOT / "docs" / page).read_text(), re.M)
    told = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert told <= {str(reason) for reason in REASONS}


def trainer_reasons() -> tuple[set[str], set[str]]:
    """Return the words that the trainer rejects candidates and ends results with, and all of its string constants."""
    given, constants = set(), set()
    for source in (ROOT / "trial_image").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "TrainerReason"
            ):
                constants.add(str(TrainerReason[node.attr]))
            if isinstance(node, ast.Call):
                words = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
                if isinstance(node.func, ast.Name) and node.func.id == "CandidateRejected":
                    words += node.args[:1]
                given |= {word.value for word in words if isinstance(word, ast.Constant)}
    return {word for word in given if isinstance(word, str)}, constants


def test_the_trainer_gives_the_reasons_of_the_table() -> None:
    given, constants = trainer_reasons()
    assert given <= set(map(str, TrainerReason)), "add it to TrainerReason"
    assert set(map(str, TrainerReason)) <= constants, "no trainer gives it: take it out of TrainerReason"


@pytest.mark.parametrize("table", [SearchReason, TrialReason, StorageReason, SpaceReason, EventReason, PlainReason])
def test_every_reason_is_given_somewhere(table: type[Reason]) -> None:
    sources = [*(ROOT / "operator").rglob("*.py"), *(ROOT / "trial_image").rglob("*.py")]
    code = "\n".join(source.read_text() for source in sources)
    unused = [reason.name for reason in table if f"{table.__name__}.{reason.name}" not in code]
    assert not unused, f"take them out of {table.__name__}"
