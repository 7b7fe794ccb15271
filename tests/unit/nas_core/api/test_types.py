from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter, ValidationError

from nas_core.api.types import NonNegative

ADAPTER: TypeAdapter[str] = TypeAdapter(NonNegative)


@pytest.mark.parametrize("text", ["0", "0.1", "1e-3", "9e99"])
def test_a_number_from_zero_on_is_finite(text: str) -> None:
    assert math.isfinite(float(ADAPTER.validate_python(text)))


@pytest.mark.parametrize("text", ["1e999", "1e100", "-1", "inf", "nan", ""])
def test_what_is_no_finite_number_from_zero_on_is_invalid(text: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(text)
