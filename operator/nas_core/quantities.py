"""Kubernetes' resource quantities: ``500m``, ``4Gi``, ``2e3``.

Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`. The parser of the
`kubernetes` package is not used, because it imports the whole client, which the plan must not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_FACTORS = {
    suffix + binary: Decimal(base) ** power
    for binary, base, suffixes in (("", 1000, "kMGTPE"), ("i", 1024, "KMGTPE"))
    for power, suffix in enumerate(suffixes, start=1)
} | {"m": Decimal("1e-3"), "u": Decimal("1e-6"), "n": Decimal("1e-9")}


# An E with digits behind it is an exponent; alone it is the suffix exa.
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([a-zA-Z]*)")


def parse_quantity(text: str | int | float) -> Decimal:
    """Return the number a quantity stands for.

    Raises:
        ValueError: if it is none.
    """
    parts = _QUANTITY.fullmatch(str(text))
    if parts is None or (parts[2] and parts[2] not in _FACTORS):
        raise ValueError(f"{text!r} is not a quantity, such as 2, 500m or 4Gi")
    # Exact arithmetic: 100m and 0.1 have to be equal.
    return Decimal(parts[1]) * _FACTORS.get(parts[2], Decimal(1))


MOST_DEVICES = 999_999
"""Devices of one kind that a search may ask for: six digits, beyond any machine."""


def is_gpu(resource: str) -> bool:
    """Whether a resource of this name is a GPU: every one named ``…/gpu`` (nvidia.com/gpu, amd.com/gpu)."""
    return resource.endswith("/gpu")


def count_gpus(limits: Mapping[str, Any] | None) -> int:
    """Count the GPUs in resource limits."""
    # Any quantity gets this far, as a Job may be anybody's; that GPUs come whole is for Kubernetes to say.
    counts = (parse_quantity(v) for name, v in (limits or {}).items() if is_gpu(name))
    # Bounded before it is an int: that of 1e400 has 400 digits, and no float holds it.
    return sum(int(min(count, Decimal(MOST_DEVICES))) for count in counts)
