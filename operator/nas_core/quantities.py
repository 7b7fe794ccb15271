"""Kubernetes' resource quantities: ``500m``, ``4Gi``, ``2e3``.

Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`. Written here because the `kubernetes` package's reader
brings its whole client with it, and the plan must not.
"""

from __future__ import annotations

import re
from decimal import Decimal

_FACTORS = {
    suffix + binary: Decimal(base) ** power
    for binary, base, suffixes in (("", 1000, "kMGTPE"), ("i", 1024, "KMGTPE"))
    for power, suffix in enumerate(suffixes, start=1)
} | {"m": Decimal("1e-3"), "u": Decimal("1e-6"), "n": Decimal("1e-9")}


_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([a-zA-Z]*)")


def parse_quantity(text: str | int | float) -> Decimal:
    """Return the number a quantity stands for.

    Raises:
        ValueError: if it is none.
    """
    parts = _QUANTITY.fullmatch(str(text))
    if parts is None or (parts[2] and parts[2] not in _FACTORS):
        raise ValueError(f"{text!r} is not a quantity, such as 2, 500m or 4Gi")
    return Decimal(parts[1]) * _FACTORS.get(parts[2], Decimal(1))
