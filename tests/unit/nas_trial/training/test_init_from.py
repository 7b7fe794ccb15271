from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import efficientnet_b0, mobilenet_v2

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.training import init_from
from nas_trial.training.published import names as published_names

MOBILENET_V2 = "s1(16,mbconv:k3e1) " + " ".join(
    f"s{stage}({width},{','.join(['mbconv:k3e6'] * layers)})"
    for stage, (width, layers) in enumerate([(24, 2), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)], start=2)
)
EFFICIENTNET_B0 = (
    "scale=0 resolution=1 s1(16,1xmbconv:k3e1se) s2(24,2xmbconv:k3e6se) s3(40,2xmbconv:k5e6se) s4(80,3xmbconv:k3e6se) "
    "s5(112,3xmbconv:k5e6se) s6(192,4xmbconv:k5e6se) s7(320,1xmbconv:k3e6se)"
)


def network(name: str, text: str, channels: int = 3, outputs: int = 1000) -> nn.Module:
    spec = SearchSpaceSpec.model_validate({"name": name, "width": 32})
    signature = Signature(outputs, image=ImageInput(channels, 64, 64))
    return build_network(spec, get_space(spec).parse(text), signature).eval()


def published(model: nn.Module, folder: Path) -> Path:
    """Store a model as it is published, with statistics that are not those of the start."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    file = folder / "weights.safetensors"
    save_file(model.state_dict(), file)
    return file


@pytest.mark.parametrize(
    ("name", "text", "make", "parameters"),
    [
        ("mobilenet-v2", MOBILENET_V2, mobilenet_v2, 3_504_872),
        ("efficientnet", EFFICIENTNET_B0, efficientnet_b0, 5_288_548),
    ],
)
def test_published_weights_make_the_published_network(
    tmp_path: Path, name: str, text: str, make: Callable[[], nn.Module], parameters: int
) -> None:
    model = make().eval()
    ours = network(name, text)
    report = init_from.load(ours, published(model, tmp_path), "w")
    assert (report.parameters, report.all_parameters, report.others) == (parameters, parameters, ())
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(ours({"image": x}), model(x), atol=1e-5)


def test_timm_names_the_same_weights_otherwise() -> None:
    """Names of `timm.create_model("mobilenetv2_100")` and `efficientnet_b0`."""
    ours = network("efficientnet", EFFICIENTNET_B0)
    named = published_names(ours, ["conv_stem.weight"])
    assert named["stem.0.1.running_mean"] == "bn1.running_mean"
    assert named["stages.0.0.body.0.0.weight"] == "blocks.0.0.conv_dw.weight"
    assert named["stages.0.0.body.2.weigh.2.bias"] == "blocks.0.0.se.conv_expand.bias"
    assert named["stages.0.0.body.3.1.bias"] == "blocks.0.0.bn2.bias"
    assert named["stages.1.1.body.0.0.weight"] == "blocks.1.1.conv_pw.weight"
    assert named["stages.1.1.body.5.1.weight"] == "blocks.1.1.bn3.weight"
    assert named["head.0.1.weight"] == "bn2.weight" and named["classifier.bias"] == "classifier.bias"
    assert len(set(named.values())) == len(ours.state_dict()), "each tensor has a name of its own"


def test_what_a_candidate_shares_with_the_published_network_is_loaded(tmp_path: Path) -> None:
    other = network("mobilenet-v2", MOBILENET_V2, channels=1, outputs=10)
    file = published(mobilenet_v2(), tmp_path)
    report = init_from.load(other, file, "w")
    assert set(report.others) == {"classifier.weight", "classifier.bias"}
    with safe_open(file, "pt") as weights:
        grey = weights.get_tensor("features.0.0.weight").sum(1, keepdim=True)
    assert torch.equal(other.state_dict()["stem.0.0.weight"], grey)
    assert "not classifier.weight, classifier.bias" in str(report)


@pytest.mark.parametrize("prefix", ["", "network.", "average."])
def test_weights_of_our_own(tmp_path: Path, prefix: str) -> None:
    one, other = network("mobilenet-v2", MOBILENET_V2, outputs=3), network("mobilenet-v2", MOBILENET_V2, outputs=3)
    save_file({prefix + name: value for name, value in one.state_dict().items()}, tmp_path / "w.safetensors")
    assert not init_from.load(other, tmp_path / "w.safetensors", "w").others
    assert all(torch.equal(value, one.state_dict()[name]) for name, value in other.state_dict().items())


def test_an_encoder_without_a_head(tmp_path: Path) -> None:
    spec = SearchSpaceSpec.model_validate({"name": "bert", "depth": 1, "width": 64})
    signature = Signature(2, text=TextInput(20, 8))
    one, other = (build_network(spec, {"layers": "1", "layer.0.keep": "all"}, signature) for _ in range(2))
    bare = {name.removeprefix("bert."): value for name, value in one.state_dict().items() if name.startswith("bert.")}
    save_file(bare, tmp_path / "w.safetensors")
    assert init_from.load(other, tmp_path / "w.safetensors", "w").others == ("classifier.weight", "classifier.bias")


def test_frozen_weights_stay(tmp_path: Path) -> None:
    ours = network("mobilenet-v2", MOBILENET_V2, outputs=3)
    init_from.freeze(ours, init_from.load(ours, published(mobilenet_v2(), tmp_path), "w"))
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    ours.train()
    optimizer = torch.optim.SGD([p for p in ours.parameters() if p.requires_grad], lr=1.0)
    ours({"image": torch.randn(4, 3, 64, 64)}).square().sum().backward()
    optimizer.step()
    changed = {name for name, value in ours.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"classifier.weight", "classifier.bias"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"encoder.weight": torch.zeros(2)}, r"none of its 1 tensors \(encoder.weight, …\) fits the network"),
        (b"PK no safetensors", "evaluation.initFrom w: cannot be read as safetensors: .*; convert other formats"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, content: dict[str, Tensor] | bytes, message: str) -> None:
    file = tmp_path / "w.safetensors"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        save_file(content, file)
    with pytest.raises(CandidateRejected, match=message):
        init_from.load(network("mobilenet-v2", MOBILENET_V2), file, "w")


@pytest.mark.parametrize(
    ("space", "small", "larger"),
    [
        ("mobilenet-v2", MOBILENET_V2, MOBILENET_V2.replace("k3e6", "k5e6")),
        ("mobilenet-v2", MOBILENET_V2.replace("k3e6", "k5e6", 3), MOBILENET_V2.replace("k3e6", "k7e6")),
        ("efficientnet", EFFICIENTNET_B0, EFFICIENTNET_B0.replace("k3", "k5")),
    ],
)
def test_a_network_with_larger_kernels_computes_the_same(tmp_path: Path, space: str, small: str, larger: str) -> None:
    before, after = network(space, small), network(space, larger)
    report = init_from.load(after, published(before, tmp_path), "w")
    assert not report.others and report.parameters == sum(one.numel() for one in before.parameters())
    x = {"image": torch.randn(2, 3, 64, 64)}
    with torch.no_grad():
        assert torch.allclose(before(x), after(x), atol=1e-5)


def test_a_smaller_kernel_keeps_its_random_weights(tmp_path: Path) -> None:
    before, after = network("mobilenet-v2", MOBILENET_V2.replace("k3e6", "k5e6")), network("mobilenet-v2", MOBILENET_V2)
    others = init_from.load(after, published(before, tmp_path), "w").others
    assert len(others) == 16 and all(name.endswith("0.weight") for name in others)


def test_what_grows_is_trained_though_the_rest_is_frozen(tmp_path: Path) -> None:
    before, after = (network("mobilenet-v2", text) for text in (MOBILENET_V2.replace("k3e6", "k3e3", 1), MOBILENET_V2))
    report = init_from.load(after, published(before, tmp_path), "w")
    assert report.parameters == sum(one.numel() for one in before.parameters()) < report.all_parameters
    frozen = init_from.freeze(after, report)
    trained = {name for name, parameter in after.named_parameters() if parameter.requires_grad}
    assert trained and all(name.startswith("stages.1.0.") for name in trained)
    assert frozen.trained == sum(one.numel() for one in after.parameters() if one.requires_grad)
