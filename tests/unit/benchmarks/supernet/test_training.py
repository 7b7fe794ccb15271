"""Training in no time: the same as the plain loop, and again from the start as if nothing had been before."""

import numpy as np
import pytest
import torch
from benchmarks.supernet.architectures import SPACE, choose
from benchmarks.supernet.images import SIGNATURE, Images, Split
from benchmarks.supernet.training import DECAY, MOMENTUM, RATE, Lane, Recipe, Trainee, train
from torch import nn
from torch.nn import functional

from nas_model.networks.build import build_network
from nas_trial.process.torch_startup import lean
from nas_trial.training.schedule import decay_groups

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch=8, dtype=torch.float32)
ARCHITECTURE = choose(0, 3, seed=0)[0].architecture


def split(count: int, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.standard_normal((count, 28, 28, 1), dtype=np.float32))
    return Split(x, torch.from_numpy(rng.integers(10, size=count)))


@pytest.fixture(scope="module")
def images() -> Images:
    return Images(split(29, 0), split(10, 1), split(10, 2))


def trained(trainee: Trainee, seed: int) -> dict[str, torch.Tensor]:
    for _ in train(trainee, seed, chunk=4):
        pass
    return {name: value.clone() for name, value in trainee.network.state_dict().items()}


def plain(images: Images, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    network = build_network(SPACE, ARCHITECTURE, SIGNATURE)
    optimizer = lean(torch.optim.SGD)(decay_groups(network, DECAY), lr=RATE, momentum=MOMENTUM, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)
    draw = torch.Generator().manual_seed(seed)
    for _ in range(2):
        order = torch.randperm(29, generator=draw)
        for rows in (order[:8], order[8:16], order[16:24]):
            x = images.train.x[rows].permute(0, 3, 1, 2)
            loss = functional.cross_entropy(network({"image": x}), images.train.y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


def test_it_gives_what_the_plain_loop_gives(images: Images) -> None:
    found = trained(Trainee(ARCHITECTURE, images, RECIPE, Lane(CPU)), seed=1)
    for name, value in plain(images, seed=1).state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_second_training_knows_nothing_of_the_first(images: Images) -> None:
    trainee = Trainee(ARCHITECTURE, images, RECIPE, Lane(CPU))
    first = trained(trainee, seed=0)
    other = trained(trainee, seed=1)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])
    again = trained(trainee, seed=0)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_accuracy_is_the_share_that_is_right_and_leaves_the_network_training(images: Images) -> None:
    trainee = Trainee(ARCHITECTURE, images, RECIPE, Lane(CPU))
    trainee.begin(0)
    with torch.no_grad():
        classifier = trainee.network.get_submodule("classifier")
        assert isinstance(classifier, nn.Linear)
        classifier.weight.zero_()
        classifier.bias.copy_(functional.one_hot(images.val.y[0], 10))
    assert trainee.accuracy(images.val) == (images.val.y == images.val.y[0]).double().mean().item()
    assert trainee.network.training
