from __future__ import annotations

import pytest
from torch import nn

from nas_trial.training.compiling import compiled


def test_without_a_compiler_it_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    network = nn.Linear(1, 1)
    assert compiled(network) is network
    assert '"not-compiled"' in capsys.readouterr().out


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_with_one_it_shares_the_weights(compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == compiler else None)
    network = nn.Linear(1, 1)
    fast = compiled(network)
    assert fast is not network
    assert next(fast.parameters()) is next(network.parameters())
