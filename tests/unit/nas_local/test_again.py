from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.reports import reported
from tests.support.trials import trial_input

from nas_core.api.supernet import Supernet
from nas_core.api.trial import KnownResult
from nas_core.records.search import ReadableSearch
from nas_local.again import input_of, train_again
from nas_local.attempts import Resources
from nas_local.errors import LocalRunError

RESOURCES = Resources(threads=1)


def program(text: str) -> Sequence[str]:
    return sys.executable, "-c", "import json, os, time; " + text


async def test_the_result_is_what_the_trainer_reports(tmp_path: Path) -> None:
    result = '{"outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}}'
    writes = program(f"open(os.environ['NAS_RESULT_FILE'], 'w').write({result!r})")
    found = await train_again(trial_input(), tmp_path, RESOURCES, writes)
    assert found.metrics == {"val_accuracy": 0.5}
    given = json.loads((tmp_path / "attempts" / "digits-0-a1" / "input.json").read_text())
    assert given["storage"]["folder"] == str(tmp_path / "objects")
    assert given["storage"]["root"] == "team/digits/uid"


async def test_without_a_result_its_last_words_are_the_reason(tmp_path: Path) -> None:
    found = await train_again(trial_input(), tmp_path, RESOURCES, program("print('no memory'); raise SystemExit(1)"))
    assert (found.outcome, found.reason) == ("Failed", "NoResult")
    assert "no memory" in found.message


async def test_stopped_it_leaves_no_process(tmp_path: Path) -> None:
    started = tmp_path / "started"
    waits = program(f"open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    training = asyncio.ensure_future(train_again(trial_input(), tmp_path, RESOURCES, waits))
    async with asyncio.timeout(20):
        while not started.exists() or not started.read_text():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_trial_on_a_rung_is_trained_from_the_beginning() -> None:
    search, trials = reported(3)
    trial = trials[0]
    spec = trial.spec.model_copy(update={"continues": "lower", "epochs": 3})
    given = input_of(search, type(trial)(trial.meta, spec, trial.status), {})
    assert (given.continues, given.until_epoch) == (None, 3)


def test_only_the_training_of_one_candidate_is_done_again() -> None:
    search, trials = reported(3)
    trial = trials[0]
    for update in ({"work": "Score"}, {"candidates": trial.spec.candidates * 2}):
        spec = trial.spec.model_copy(update=update)
        with pytest.raises(LocalRunError, match="only a training of one candidate"):
            input_of(search, type(trial)(trial.meta, spec, trial.status), {})


def test_what_was_evaluated_with_shared_weights_was_not_trained() -> None:
    search, trials = reported(3)
    assert isinstance(search, ReadableSearch)
    evaluation = search.spec.evaluation.model_copy(update={"supernet": Supernet()})
    shared = replace(search, spec=search.spec.model_copy(update={"evaluation": evaluation}))
    with pytest.raises(LocalRunError, match="was evaluated with shared weights"):
        input_of(shared, trials[0], {})


def test_what_a_surrogate_evaluated_was_not_trained() -> None:
    search, trials = reported(3)
    spec = trials[0].spec.model_copy(update={"known": [KnownResult.of({"val_accuracy": 0.5})]})
    with pytest.raises(LocalRunError, match="was evaluated by a surrogate"):
        input_of(search, replace(trials[0], spec=spec), {})
