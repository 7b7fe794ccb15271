from __future__ import annotations

from typing import get_args

import pytest
import torch
from tests.support.stop_after import StopAfter
from tests.support.trials import architecture, trial_input

from nas_core.api.trial import CandidateSpec
from nas_core.api.types import ProxyName
from nas_core.contract import TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import Stopped
from nas_trial.measuring import metric_names
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.proxies.scores import PROXIES
from nas_trial.work import packing, score
from nas_trial.work.attempt import Attempt

CPU = torch.device("cpu")
COUNTED = {*metric_names.COUNTED, *metric_names.AS_WRITTEN}


@pytest.fixture(scope="module")
def examples() -> Examples:
    trial = trial_input()
    return load_examples(trial.task, None, trial.data_seed, CPU, StopFlag())


def work(*ops: str, proxies: tuple[str, ...] = ("synflow", "jacob_cov"), seed: int = 7) -> TrialInput:
    candidates = [{"id": f"id-{one}", "architecture": architecture(one), "origin": "Random"} for one in ops]
    storage = {"bucket": "bucket", "root": "root"}
    return trial_input(candidates=candidates, work="Score", proxies=list(proxies), seed=seed, storage=storage)


def evaluate(
    candidate: CandidateSpec, trial: TrialInput, examples: Examples, stop: StopFlag | None = None
) -> TrialResult:
    attempt = Attempt(trial, stop or StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity))
    return score.evaluate(candidate, attempt, examples, CPU)


def scored(trial: TrialInput, examples: Examples, candidate: CandidateSpec) -> dict[str, float]:
    return evaluate(candidate, trial, examples).metrics


def test_the_api_names_the_proxies_that_there_are() -> None:
    assert sorted(get_args(ProxyName)) == sorted(PROXIES)


def test_a_candidate_has_its_scores_and_what_can_be_counted(examples: Examples) -> None:
    trial = work("333333")
    result = evaluate(trial.candidates[0], trial, examples)
    assert set(result.metrics) == {"proxy_synflow", "proxy_jacob_cov"} | COUNTED
    assert (result.outcome, result.dataset_hash) == ("Succeeded", examples.hash)


def test_scores_do_not_depend_on_the_trial_they_come_from(examples: Examples) -> None:
    one, other = work("312410", "333333", seed=1), work("333333", "111111", seed=2)
    assert scored(one, examples, one.candidates[1]) == scored(other, examples, other.candidates[0])
    assert scored(one, examples, one.candidates[0]) != scored(one, examples, one.candidates[1])


def test_the_minibatch_is_of_the_training_split_and_drawn_by_the_searchs_seed(examples: Examples) -> None:
    one, again, other = (score.batch(examples, seed).targets.tolist() for seed in (0, 0, 1))
    assert one == again != other
    assert len(one) == score.EXAMPLES


def test_of_a_pack_each_has_its_own_and_another_attempt_scores_none_again(
    examples: Examples, store: DirectoryStore
) -> None:
    trial = work("333333", "312410", proxies=("naswot",))
    unknown = CandidateSpec(id="x", architecture={"0-1": "warp"}, origin="Random")
    trial = trial.model_copy(update={"candidates": [trial.candidates[0], unknown, trial.candidates[1]]})
    asked: list[str] = []

    def evaluate_one(candidate: CandidateSpec) -> TrialResult:
        asked.append(candidate.id)
        return evaluate(candidate, trial, examples)

    for _ in range(2):
        result = packing.evaluate_all(trial, evaluate_one, store, lambda _: None)
        assert [one.outcome for one in result.candidates] == ["Succeeded", "Failed", "Succeeded"]
        assert all("proxy_naswot" in result.candidates[k].metrics for k in (0, 2))
        assert asked == ["id-333333", "x", "id-312410"]


def test_it_stops_between_candidates(examples: Examples) -> None:
    trial = work("333333")
    with pytest.raises(Stopped):
        evaluate(trial.candidates[0], trial, examples, StopAfter(0))
