"""The examples, as users apply them; the small ones run to their end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.kube import Kube
from tests.support.searches import Json, check_record
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY

pytestmark = pytest.mark.cluster

EXAMPLES = REPOSITORY / "examples"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_api_server_takes_it(example: Path, kube: Kube) -> None:
    kube.kubectl("apply", "--dry-run=server", "--validate=strict", f"--filename={example}")


def searching(kube: Kube) -> list[Json]:
    """Return the trials of the search on digits but for the one that trains the best again."""
    return [trial for trial in kube.trials("digits") if trial["spec"]["work"] == "Train"]


@pytest.mark.usefixtures("trial_image")
def test_digits(kube: Kube, wait_for: Waiter) -> None:
    kube.apply_file(EXAMPLES / "02-digits.yaml")
    wait_for.condition("digits", "Succeeded", timeout=300)
    check_record(searching(kube), 6)
    status = kube.status("digits")
    assert float(status["bestValue"]) > 0.2, "guessing gives 0.1"
    assert status["trials"]["failed"] == 0


def test_the_custom_trainer(kube: Kube, wait_for: Waiter) -> None:
    search = yaml.safe_load((EXAMPLES / "02-digits.yaml").read_text())
    search["spec"]["trialTemplate"] = {"image": "localhost/nas-custom-trainer:dev", "args": ["--seconds=0.2"]}
    kube.kubectl("apply", "--filename=-", stdin=json.dumps(search))
    wait_for.condition("digits", "Succeeded", timeout=120)
    trials = searching(kube)
    check_record(trials, 6)
    for trial in trials:
        operations = list(trial["spec"]["candidates"][0]["architecture"].values())
        share = sum(operation.startswith("nor_conv") for operation in operations) / len(operations)
        assert trial["status"]["metrics"]["val_accuracy"] == share
