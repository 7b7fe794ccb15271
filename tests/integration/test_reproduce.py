"""A tiny network of digits, trained and then trained again from the record of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.support.trials import trial_input

from nas_client.cli.main import main
from nas_core.states import Work
from nas_local.again import train_again
from nas_local.attempts import Resources
from nas_local.home import Home


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train one on a thread; return the folder of its bundle."""
    folder = tmp_path_factory.mktemp("trained")
    given = trial_input(work=Work.RETRAIN, evaluation={"epochs": 2, "batchSize": 32, "deterministic": True})
    result = asyncio.run(train_again(given, folder, Resources(threads=1)))
    assert result.bundle is not None, result
    return Home(folder).path_of(result.bundle)


@pytest.mark.timeout(300)
def test_what_is_trained_again_from_a_bundle_is_the_same_bit_for_bit(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", str(bundle), "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["why"] == "metrics and weights are the same, bit for bit"
    assert found["differences"] == []


@pytest.mark.timeout(300)
def test_a_record_that_was_changed_does_not_agree(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bundle / "bundle.json"
    manifest = json.loads(path.read_text())
    manifest["metrics"]["val_accuracy"] += 0.01
    manifest["origin"]["packages"]["torch"] = "1.0"
    path.write_text(json.dumps(manifest))
    assert main(["reproduce", str(bundle)]) == 1
    shown = capsys.readouterr().out
    assert "it does not agree: the metrics are not the same" in shown
    assert "different: torch: 1.0 then" in shown
