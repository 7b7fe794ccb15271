"""ResNet-50 and MobileNetV2, written from their papers, to check counts against the published ones."""

from __future__ import annotations

from torch import Tensor, nn


def conv(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    ]


class Residual(nn.Module):
    def __init__(self, body: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.body(x) + self.shortcut(x))


class Classifier(nn.Module):
    """Takes a mapping with images, as the project's networks do."""

    def __init__(self, features: nn.Module, width: int, classes: int = 1000) -> None:
        super().__init__()
        self.features, self.linear = features, nn.Linear(width, classes)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.linear(self.features(inputs["image"]).mean((2, 3)))


def resnet50() -> nn.Module:
    """He et al. 2016, table 1, with the stride in the 3x3 convolution as is usual since."""
    layers: list[nn.Module] = [*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    c_in = 64
    for width, blocks, first_stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            stride, c_out = first_stride if block == 0 else 1, 4 * width
            body = nn.Sequential(
                *conv(c_in, width, 1), nn.ReLU(), *conv(width, width, 3, stride), nn.ReLU(), *conv(width, c_out, 1)
            )
            shortcut = nn.Sequential(*conv(c_in, c_out, 1, stride)) if block == 0 else nn.Identity()
            layers.append(Residual(body, shortcut, nn.ReLU()))
            c_in = c_out
    return Classifier(nn.Sequential(*layers), c_in)


def mobilenet_v2() -> nn.Module:
    """Sandler et al. 2018, table 2."""
    layers: list[nn.Module] = [*conv(3, 32, 3, 2), nn.ReLU6()]
    c_in = 32
    for expansion, c_out, blocks, first_stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for block in range(blocks):
            stride, hidden = first_stride if block == 0 else 1, expansion * c_in
            expand = [*conv(c_in, hidden, 1), nn.ReLU6()] if expansion > 1 else []
            body = nn.Sequential(
                *expand, *conv(hidden, hidden, 3, stride, groups=hidden), nn.ReLU6(), *conv(hidden, c_out, 1)
            )
            layers.append(Residual(body, nn.Identity(), nn.Identity()) if stride == 1 and c_in == c_out else body)
            c_in = c_out
    return Classifier(nn.Sequential(*layers, *conv(c_in, 1280, 1), nn.ReLU6()), 1280)
