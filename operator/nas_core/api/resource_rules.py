"""Rules for a container's resources, checked when the search is applied and not only when its Jobs are created.

Without them the API server accepts a search and then denies all of its Jobs. Each rule is here twice, as CEL and as
Python. Source: Kubernetes 1.31, `pkg/apis/core/validation/validation.go`, ValidateContainerResourceRequirements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from nas_core.api.base import Rule
from nas_core.api.types import LABEL_NAME, LABEL_PREFIX
from nas_core.quantities import MOST_DEVICES, parse_quantity

# In the CEL below `name` is a resource's, and `FIELD` stands for limits or requests.
_NAME = rf"(cpu|memory|ephemeral-storage|hugepages-[0-9]+[kKMGTPE]i?|{LABEL_PREFIX}/{LABEL_NAME})"
_WHOLE = f"[0-9]{{1,{len(str(MOST_DEVICES))}}}"
_DEVICE = "(name.contains('/') && !name.contains('kubernetes.io/'))"
_FIXED = f"({_DEVICE} || name.startsWith('hugepages-'))"
_LIMITED = "has(self.limits) && name in self.limits"
# CEL's quantity() fails on what is none; `Quantity` has a rule of its own that says so better.
_READABLE = "isQuantity(string(self.requests[name])) && isQuantity(string(self.limits[name]))"
_BYTES = "(name == 'memory' || name == 'ephemeral-storage')"
_LEAST_BYTES = "1Mi"
_COMPARED = "quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name])))"


def _device(name: str) -> bool:
    """Whether a resource is what Kubernetes calls extended: nvidia.com/gpu."""
    return "/" in name and "kubernetes.io/" not in name


def _fixed(name: str) -> bool:
    """Whether a container gets exactly its limit of a resource, never more."""
    return _device(name) or name.startswith("hugepages-")


def _for_no(field: str, wrong: str, message: str, broken_by: Callable[[Any], str | None], remedy: str = "") -> Rule:
    """Make a rule that no resource in ``field`` may break: ``wrong`` is CEL, ``message`` follows its name.

    ``remedy`` is CEL for the value to write instead, which follows the message.
    """
    wrong, remedy = wrong.replace("FIELD", field), remedy.replace("FIELD", field)
    then = f" + '; write ' + {remedy}" if remedy else ""
    return Rule(
        f"!has(self.{field}) || !self.{field}.exists(name, {wrong})",
        message,
        # [0] exists: the API server makes the message only when the rule is broken.
        message_expression=f"self.{field}.filter(name, {wrong}).map(name, name + ' ' + string(self.{field}[name])"
        f" + ': {message}'{then})[0]",
        field_path=f".{field}",
        broken_by=broken_by,
    )


def _of_each_amount(wrong: str, message: str, broken: Callable[[str, str], bool], remedy: str = "") -> Iterator[Rule]:
    for field in ("limits", "requests"):
        # `field` as a default value: a closure would see the loop's last one.
        def broken_by(held: Any, field: str = field) -> str | None:
            amounts = getattr(held, field) or {}
            return next((f"{name}: {amount}" for name, amount in amounts.items() if broken(name, amount)), None)

        yield _for_no(field, wrong, message, broken_by, remedy)


def _of_each_request(wrong: str, message: str, broken: Callable[[str, str, str | None], bool]) -> Rule:
    """``broken`` is given the request and the limit of the same name, None where there is none."""

    def broken_by(held: Any) -> str | None:
        limits, requests = held.limits or {}, held.requests or {}
        return next((f"{n}: {amount}" for n, amount in requests.items() if broken(n, amount, limits.get(n))), None)

    return _for_no("requests", wrong, message, broken_by)


def _next_to_nothing(name: str, amount: str) -> bool:
    return name in ("memory", "ephemeral-storage") and 0 < parse_quantity(amount) < parse_quantity(_LEAST_BYTES)


def _above(_: str, request: str, limit: str | None) -> bool:
    return limit is not None and parse_quantity(request) > parse_quantity(limit)


def _unequal(name: str, request: str, limit: str | None) -> bool:
    return _fixed(name) and (limit is None or parse_quantity(request) != parse_quantity(limit))


def _huge_pages_alone(held: Any) -> str | None:
    names = [*(held.limits or {}), *(held.requests or {})]
    huge = next((name for name in names if name.startswith("hugepages-")), None)
    return None if {"cpu", "memory"} & set(names) else huge


RESOURCE_RULES = (
    *_of_each_amount(
        f"!name.matches(r'^{_NAME}$')",
        "Kubernetes knows no such resource; write cpu, memory, ephemeral-storage, hugepages-<size>, or a device with "
        "its domain, such as nvidia.com/gpu",
        lambda name, _: re.fullmatch(_NAME, name) is None,
    ),
    *_of_each_amount(
        f"{_DEVICE} && !string(self.FIELD[name]).matches(r'^{_WHOLE}$')",
        "devices come whole; write a number of at most 6 digits, such as 1, without fraction, suffix or exponent",
        lambda name, amount: _device(name) and re.fullmatch(_WHOLE, amount) is None,
    ),
    *_of_each_amount(
        f"{_BYTES} && isQuantity(string(self.FIELD[name])) && quantity(string(self.FIELD[name])).isGreaterThan("
        f"quantity('0')) && quantity(string(self.FIELD[name])).isLessThan(quantity('{_LEAST_BYTES}'))",
        f"no container starts in less than {_LEAST_BYTES}; m is a thousandth of a byte, Mi a mebibyte",
        _next_to_nothing,
        remedy="string(self.FIELD[name]).find('[1-9][0-9]*') + 'Mi'",
    ),
    _of_each_request(
        f"{_LIMITED} && {_READABLE} && {_COMPARED} > 0",
        "the request is above the limit; lower it, or raise the limit",
        _above,
    ),
    _of_each_request(
        f"{_FIXED} && !({_LIMITED} && (!({_READABLE}) || {_COMPARED} == 0))",
        "request and limit of devices and huge pages must be equal; set limits alone, the requests follow",
        _unequal,
    ),
    Rule(
        "!["
        "has(self.limits) && self.limits.exists(name, name.startsWith('hugepages-')), "
        "has(self.requests) && self.requests.exists(name, name.startsWith('hugepages-'))"
        "].exists(huge, huge) || "
        "(has(self.limits) && ('cpu' in self.limits || 'memory' in self.limits)) || "
        "(has(self.requests) && ('cpu' in self.requests || 'memory' in self.requests))",
        "huge pages need cpu or memory beside them; add one of these",
        broken_by=_huge_pages_alone,
    ),
)
