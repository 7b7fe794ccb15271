"""A cure: a skip connection beside every mixed operation, which fades away over the search.

A searched skip connection has two parts: it is an operation, and it makes a deep network easier to train. The second
is why it wins against better operations. The auxiliary one takes that part over, so that what is left to compare is
what the operations are worth; as it is gone in the end, nothing has to be derived of it. Reference: Chu, Wang, Zhang,
Lu, Wei & Yan, "DARTS-: Robustly Stepping out of Performance Collapse Without Indicators", ICLR 2021, arXiv:2009.01027,
section 3.2.
"""

from __future__ import annotations

from torch import nn

from nas_model.networks.operations import operation


def auxiliary_skip(channels: int, stride: int) -> nn.Module:
    """Return the skip connection: an identity, or what halves the image."""
    return operation("skip_connect", channels, stride)


def auxiliary_weight(epoch: int, epochs: int) -> float:
    """Return its weight in an epoch, counted from 0: it falls in a line, from 1 to 0 after the last (the default)."""
    return 1 - epoch / epochs
