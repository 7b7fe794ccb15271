from __future__ import annotations

from torch import nn

from nas_trial.supernet.gradient.auxiliary_skip import auxiliary_skip, auxiliary_weight


def test_it_fades_in_a_line() -> None:
    assert [auxiliary_weight(epoch, 4) for epoch in range(4)] == [1.0, 0.75, 0.5, 0.25]


def test_it_is_an_identity_where_the_image_keeps_its_size() -> None:
    assert isinstance(auxiliary_skip(4, 1), nn.Identity)
    assert not isinstance(auxiliary_skip(4, 2), nn.Identity)
