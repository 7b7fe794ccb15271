"""How many more trials a search may start now by the policies of its namespace, and what to say while it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from nas_core.records.policy import PolicyView
from nas_plan.limits.month import HOUR_S, MonthCap
from nas_plan.limits.shares import Most, Slots

_NAMED = 5


@dataclass(frozen=True)
class Room:
    """What a search may start now."""

    free: int
    """Trials."""
    why: str
    """Which policy bounds it, and who has what: for when it wants more."""


@dataclass(frozen=True)
class Cap:
    """A limit and the policy that sets it."""

    most: int
    policy: str


@dataclass(frozen=True)
class Caps:
    """The limits of a namespace that are counted: of several policies the tightest of each."""

    trials: Cap | None = None
    gpus: Cap | None = None
    month: MonthCap | None = None

    @classmethod
    def of(cls, policies: Iterable[PolicyView], month: MonthCap | None = None) -> Self:
        """Return what holds by the policies of a namespace."""
        found = sorted(policies, key=lambda policy: policy.meta.name)
        return cls(
            _tightest((policy.spec.max_parallel_trials, policy) for policy in found),
            _tightest((policy.spec.max_gpus, policy) for policy in found),
            month,
        )

    @property
    def most(self) -> Most:
        """The limits alone."""
        return Most(
            self.trials.most if self.trials else None,
            self.gpus.most if self.gpus else None,
            self.month.left if self.month else None,
        )

    def bound(self, gpus: int) -> bool:
        """Whether any of them is for a search whose trials take ``gpus`` GPUs each."""
        return self.trials is not None or bool(gpus and (self.gpus or self.month))


def _tightest(limits: Iterable[tuple[int | None, PolicyView]]) -> Cap | None:
    caps = [Cap(most, policy.meta.name) for most, policy in limits if most is not None]
    return min(caps, key=lambda cap: cap.most, default=None)


def explain_wait(caps: Caps, in_use: Slots, need: Slots, holders: Mapping[str, Slots]) -> str:
    """Say why a search starts no more trials.

    Args:
        caps: the limits.
        in_use: what is held in all.
        need: of one more trial.
        holders: what each search of the namespace holds, by its name.
    """
    gpus, month = need.gpus, caps.month
    if month and gpus and (in_use.gpu_seconds + need.gpu_seconds > month.left or not (caps.gpus or caps.trials)):
        return _explain_month(month, in_use, need)
    if caps.gpus and gpus and (in_use.gpus + gpus > caps.gpus.most or not caps.trials):
        cap, limit, things, used = caps.gpus, "maxGPUs", "GPUs", in_use.gpus
        shares = {name: held.gpus for name, held in holders.items()}
        fits = used + gpus <= cap.most
    else:
        assert caps.trials, "without GPUs only this limit bounds a search"
        cap, limit, things, used = caps.trials, "maxParallelTrials", "trials", in_use.trials
        shares = {name: held.trials for name, held in holders.items()}
        fits = used < cap.most
    most = sorted(((count, name) for name, count in shares.items() if count), key=lambda one: (-one[0], one[1]))
    by = ", ".join(f"{name} {count}" for count, name in most[:_NAMED])
    more = f" and {len(most) - _NAMED} more searches" if len(most) > _NAMED else ""
    turn = "; what is free is for searches that have less" if fits else ""
    who = f" ({by}{more})" if by else ""
    return (
        f"NASPolicy {cap.policy} ({limit}) allows {cap.most} {things} at the same time in this namespace, and {used} "
        f"are in use{who}{turn}"
    )


def _explain_month(month: MonthCap, in_use: Slots, need: Slots) -> str:
    used, set_aside, one = (seconds / HOUR_S for seconds in (month.used, in_use.gpu_seconds, need.gpu_seconds))
    return (
        f"NASPolicy {month.policy} (maxGPUHoursPerMonth) allows {month.most / HOUR_S:.4g} GPU-hours a month in this "
        f"namespace: {used:.4g} are used, {set_aside:.4g} set aside for trials that run, and another trial may need "
        f"{one:.4g}; it goes on when enough of that is free, at the latest on {month.renews:%Y-%m-%d} at 00:00 UTC"
    )
