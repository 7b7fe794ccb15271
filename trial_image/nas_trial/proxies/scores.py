"""The table of the proxies, and all scores of a network.

A new proxy is entered here and in `nas_core.api.types.ProxyName`; a test compares the two. A
proxy raises :class:`CandidateRejected` with the reason ``ProxyUnsuitable`` for a network of which it can say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from nas_core.api.types import ProxyName
from nas_trial.errors import CandidateRejected
from nas_trial.proxies import (
    epe_nas,
    fisher,
    flops,
    grad_norm,
    grasp,
    jacob_cov,
    naswot,
    params,
    snip,
    synflow,
    zen,
)
from nas_trial.proxies.base import Batch, Proxy

PROXIES: Mapping[ProxyName, Proxy] = {
    "epe_nas": epe_nas.score,
    "fisher": fisher.score,
    "flops": flops.score,
    "grad_norm": grad_norm.score,
    "grasp": grasp.score,
    "jacob_cov": jacob_cov.score,
    "naswot": naswot.score,
    "params": params.score,
    "snip": snip.score,
    "synflow": synflow.score,
    "zen": zen.score,
}


def score_all(network: nn.Module, batch: Batch, names: Iterable[ProxyName], seed: int = 0) -> dict[str, float]:
    """Return the scores by name. Each proxy draws from the seed anew; network and random state are left as they were.

    Raises:
        CandidateRejected: if there is no such proxy, it can say nothing of the network, or its score is not finite.
    """
    devices = {parameter.device for parameter in network.parameters() if parameter.device.type == "cuda"}
    scores: dict[str, float] = {}
    for name in names:
        if name not in PROXIES:
            raise CandidateRejected(
                "SpecInvalid",
                f"proxy {name!r} is not one of this trainer's ({', '.join(sorted(PROXIES))}); use the trial image "
                "of the operator's version",
            )
        # Forked, so that a score does not depend on which proxies come before it.
        with torch.random.fork_rng(devices=list(devices)):
            torch.manual_seed(seed)
            scores[name] = PROXIES[name](network, batch.inputs, batch.targets, batch.loss)
        if not math.isfinite(scores[name]):
            raise CandidateRejected("ProxyNotFinite", f"proxy {name} is {scores[name]} for this network; use another")
    return scores
