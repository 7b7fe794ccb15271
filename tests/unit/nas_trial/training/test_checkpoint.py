from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from nas_core.contract import WARNING_LENGTH
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import NotFound
from nas_trial.training.checkpoint import Checkpoints, copy_state
from nas_trial.training.ema import Ema
from nas_trial.training.progress import Progress
from nas_trial.training.train_state import TrainState

PREFIX = "root/trials/t-0/checkpoints/"


def network(seed: int = 0, features: int = 4) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(features, 3), nn.BatchNorm1d(3))


def optimizer(of: nn.Module, name: str = "sgd") -> torch.optim.Optimizer:
    """Return an optimiser that has made a step, so that it has state."""
    made: torch.optim.Optimizer
    if name == "sgd":
        made = torch.optim.SGD(of.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    else:
        made = torch.optim.AdamW(of.parameters(), lr=0.1)
    of(torch.randn(8, 4)).square().sum().backward()
    made.step()
    made.zero_grad()
    return made


def state() -> TrainState:
    return TrainState(made := network(), optimizer(made))


def checkpoints(store: DirectoryStore, attempt: int = 1, candidate: str = "c") -> Checkpoints:
    return Checkpoints(store, PREFIX, "bucket", attempt, candidate)


def names(store: DirectoryStore, ending: str = ".json") -> list[str]:
    return [key.removeprefix(PREFIX) for key in store.keys(PREFIX) if key.endswith(ending)]


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    else:
        assert one == other


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_what_is_saved_comes_back(name: str, store: DirectoryStore) -> None:
    saved = network(0)
    used = optimizer(saved, name)
    progress = Progress(3, 17, {"loss": 1.5, "correct": 4.0, "seen": 32.0}, {"val_accuracy": 0.5}, 1024.0, 12.5)
    address = checkpoints(store).save(copy_state(TrainState(saved, used), progress))
    assert address == f"s3://bucket/{PREFIX}e00003-s0000017-a001.safetensors"

    other = network(1)
    other_optimizer = optimizer(other, name)
    assert checkpoints(store, attempt=2).resume(TrainState(other, other_optimizer)) == progress
    assert_same(saved.state_dict(), other.state_dict())
    assert_same(used.state_dict()["state"], other_optimizer.state_dict()["state"])


def test_a_checkpoint_of_another_version_is_resumed_from(store: DirectoryStore) -> None:
    """An older one lacks what was added since, a newer one has more."""
    net = network()
    address = checkpoints(store).save(copy_state(TrainState(net, optimizer(net)), Progress(3, seconds=5.0, parts=4)))
    key = address.removeprefix("s3://bucket/").replace(".safetensors", ".json")
    manifest = json.loads(store.get(key))
    del manifest["progress"]["parts"]
    store.put(key, json.dumps(manifest | {"progress": manifest["progress"] | {"later": 1}}).encode())
    assert checkpoints(store).resume(TrainState(net, optimizer(net))) == Progress(3, seconds=5.0, parts=1)


def test_nothing_saved(store: DirectoryStore) -> None:
    assert checkpoints(store).resume(state()) is None


def test_the_newest_two_are_kept(store: DirectoryStore) -> None:
    net = network()
    for epoch in range(1, 5):
        checkpoints(store).save(copy_state(TrainState(net, optimizer(net)), Progress(epoch)))
    assert names(store) == ["e00003-s0000000-a001.json", "e00004-s0000000-a001.json"]
    assert names(store, ".safetensors") == [name.replace(".json", ".safetensors") for name in names(store)]


def epochs(store: DirectoryStore) -> list[int]:
    return [int(name[1:6]) for name in names(store)]


@pytest.mark.parametrize("attempts", [1, 5])
def test_beside_them_the_best_is_kept(attempts: int, store: DirectoryStore) -> None:
    net = network()
    keepers = [checkpoints(store, attempt) for attempt in range(1, attempts + 1)]
    best = ""
    for epoch in range(1, 6):
        keeper, progress = keepers[epoch % attempts], Progress(epoch)
        best = keeper.address(progress) if epoch == 2 else best
        progress.best_checkpoint = best
        keeper.save(copy_state(TrainState(net, optimizer(net)), progress))
    assert epochs(store) == [2, 4, 5]
    assert keepers[0].holds(best) and not keepers[0].holds(keepers[0].address(Progress(6)))


def test_what_a_kill_left_half_goes_with_the_next_save(store: DirectoryStore) -> None:
    net = network()

    def save(attempt: int, epoch: int) -> None:
        checkpoints(store, attempt).save(copy_state(TrainState(net, optimizer(net)), Progress(epoch)))

    save(1, 1)
    save(2, 2)
    never_finish(store, f"{PREFIX}e00002-s0000000-a002")
    save(3, 2)
    assert names(store) == ["e00001-s0000000-a001.json", "e00002-s0000000-a003.json"]
    assert names(store, ".safetensors") == [name.replace(".json", ".safetensors") for name in names(store)]


def test_a_copy_does_not_change_with_training(store: DirectoryStore) -> None:
    net = network()
    used, progress = optimizer(net), Progress(1, metrics={"val_loss": 1.0})
    before = {name: value.clone() for name, value in net.state_dict().items()}
    copied = copy_state(TrainState(net, used, Ema(net, 0.9)), progress)
    net(torch.randn(8, 4)).square().sum().backward()
    used.step()
    progress.metrics["val_loss"] = 2.0
    checkpoints(store).save(copied)

    other = network(3)
    resumed = TrainState(other, optimizer(other), Ema(network(4), 0.9))
    found = checkpoints(store).resume(resumed)
    assert found == Progress(1, metrics={"val_loss": 1.0})
    assert_same(before, other.state_dict())
    assert_same(before, resumed.judged.state_dict())


def test_one_without_the_average_is_passed_over_where_there_is_one(store: DirectoryStore) -> None:
    net = network()
    checkpoints(store).save(copy_state(TrainState(net, optimizer(net)), Progress(1)))
    assert checkpoints(store).resume(TrainState(net, optimizer(net), Ema(network(1), 0.9))) is None


def cut(store: DirectoryStore, stem: str) -> None:
    store.put(stem + ".safetensors", store.get(stem + ".safetensors")[:-1])


def tamper(store: DirectoryStore, stem: str) -> None:
    content = bytearray(store.get(stem + ".safetensors"))
    content[-1] ^= 1
    store.put(stem + ".safetensors", bytes(content))


def lose_weights(store: DirectoryStore, stem: str) -> None:
    store.delete(stem + ".safetensors")


def never_finish(store: DirectoryStore, stem: str) -> None:
    store.delete(stem + ".json")


def cut_manifest(store: DirectoryStore, stem: str) -> None:
    store.put(stem + ".json", store.get(stem + ".json")[:40])


def replace(content: bytes) -> Any:
    """Replace content and manifest, as someone could who may write to the bucket."""

    def forge(store: DirectoryStore, stem: str) -> None:
        manifest = json.loads(store.get(stem + ".json"))
        manifest |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        store.put(stem + ".safetensors", content)
        store.put(stem + ".json", json.dumps(manifest).encode())

    return forge


DAMAGES = {
    "cut": cut,
    "tampered": tamper,
    "weights lost": lose_weights,
    "killed before the manifest": never_finish,
    "manifest cut": cut_manifest,
    "not tensors": replace(b"\x80\x04."),
    "other tensors": replace(save_tensors(network(features=5).state_dict())),
    "other names": replace(save_tensors({"network.0.weight": torch.zeros(3, 4)})),
}


def say(**changes: Any) -> Any:
    """Change what the manifest says."""

    def change(store: DirectoryStore, stem: str) -> None:
        store.put(stem + ".json", json.dumps(json.loads(store.get(stem + ".json")) | changes).encode())

    return change


def nest(store: DirectoryStore, stem: str) -> None:
    store.put(stem + ".json", b"[" * 100_000)


DAMAGES |= {
    "a list for where it stands": say(progress=[]),
    "a word for the epoch": say(progress={"epoch": "two"}),
    "a list for the curve": say(progress={"epoch": 2, "curve": []}),
    "no text for the hash": say(sha256=3),
    "lists within lists": nest,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_one_that_is_not_whole_is_passed_over(
    damage: Any, store: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    net = network()
    used = optimizer(net)
    checkpoints(store).save(copy_state(TrainState(net, used), Progress(1)))
    whole = {name: value.clone() for name, value in net.state_dict().items()}
    optimizer(net)
    checkpoints(store).save(copy_state(TrainState(net, used), Progress(2)))
    damage(store, PREFIX + "e00002-s0000000-a001")

    other = network(5)
    found = checkpoints(store, attempt=2)
    assert found.resume(TrainState(other, optimizer(other))) == Progress(1)
    assert_same(whole, other.state_dict())
    if damage is not never_finish:
        assert '"checkpoint-skipped"' in capsys.readouterr().out
        assert [why.split(":")[0] for why in found.skipped] == [
            "checkpoint t-0/checkpoints/e00002-s0000000-a001.json was skipped",
        ]
        assert all(len(why) <= WARNING_LENGTH for why in found.skipped)


def test_a_network_is_untouched_when_nothing_is_whole(store: DirectoryStore) -> None:
    net = network()
    checkpoints(store).save(copy_state(TrainState(net, optimizer(net)), Progress(1)))
    DAMAGES["other tensors"](store, PREFIX + "e00001-s0000000-a001")
    other = network(5)
    used = optimizer(other)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    assert checkpoints(store).resume(TrainState(other, used)) is None
    assert_same(before, other.state_dict())


def test_damaged_ones_do_not_push_out_whole_ones(store: DirectoryStore) -> None:
    net = network()
    for epoch in (7, 8):
        checkpoints(store).save(copy_state(TrainState(net, optimizer(net)), Progress(epoch)))
        cut(store, f"{PREFIX}e0000{epoch}-s0000000-a001")
    checkpoints(store, attempt=2).save(copy_state(TrainState(net, optimizer(net)), Progress(1)))
    assert checkpoints(store, attempt=3).resume(TrainState(net, optimizer(net))) == Progress(1)


def test_another_candidates_is_not_taken(store: DirectoryStore) -> None:
    net = network()
    checkpoints(store, candidate="a").save(copy_state(TrainState(net, optimizer(net)), Progress(1)))
    assert checkpoints(store, candidate="b").resume(TrainState(net, optimizer(net))) is None


def test_the_furthest_is_taken_whichever_attempt_wrote_it(store: DirectoryStore) -> None:
    net = network()
    checkpoints(store, attempt=2).save(copy_state(TrainState(net, optimizer(net)), Progress(4, 10)))
    checkpoints(store, attempt=3).save(copy_state(TrainState(net, optimizer(net)), Progress(4, 2)))
    assert checkpoints(store, attempt=4).resume(TrainState(net, optimizer(net))) == Progress(4, 10)


@pytest.mark.parametrize("averaged", [True, False])
def test_the_weights_are_those_that_metrics_are_of(averaged: bool, store: DirectoryStore) -> None:
    made = network()
    given = TrainState(made, optimizer(made), Ema(network(5), 0.9) if averaged else None)
    address = checkpoints(store).save(copy_state(given, Progress(epoch=1)))
    assert_same(checkpoints(store).weights(address), dict(given.judged.state_dict()))


def test_weights_that_are_damaged_or_of_another_candidate_are_refused(store: DirectoryStore) -> None:
    address = checkpoints(store).save(copy_state(state(), Progress(epoch=1)))
    with pytest.raises(ValueError, match=r"e00001-s0000000-a001.json: it is of another candidate"):
        checkpoints(store, candidate="other").weights(address)
    key = address.removeprefix("s3://bucket/")
    store.put(key, store.get(key)[:-1] + b"!")
    with pytest.raises(ValueError, match="its content does not match its manifest"):
        checkpoints(store).weights(address)
    nest(store, key.removesuffix(".safetensors"))
    with pytest.raises(ValueError, match=r"e00001-s0000000-a001.json: RecursionError"):
        checkpoints(store).weights(address)
    store.delete(key)
    store.put(key.replace(".safetensors", ".json"), b"{}")
    with pytest.raises(NotFound):
        checkpoints(store).weights(address)
