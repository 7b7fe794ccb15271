"""Reads the text that a trial wrote as its result, and says what is wrong with one that is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nas_core.contract import RESULT_FILE_LIMIT, TrialResult

KUBERNETES_KEEPS = 4096
"""Bytes of a termination message; the rest is cut off."""
SHOWN = 60
"""Characters of what was written that a message quotes."""


class UnusableResult(ValueError):
    """What was written is no result; the message says what is wrong with it."""


def read_result(text: str) -> TrialResult:
    """Return the result that a trial wrote.

    Raises:
        UnusableResult: if the text is not of the contract's form.
    """
    try:
        return TrialResult.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors()
    if faults[0]["type"] != "json_invalid":
        more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
        raise UnusableResult(_explain(faults[0]) + more) from None
    if len(text.encode()) >= KUBERNETES_KEEPS:
        raise UnusableResult(
            f"it is longer than the {RESULT_FILE_LIMIT:,} bytes that the contract allows, and Kubernetes has cut it at "
            f"{KUBERNETES_KEEPS:,}; write fewer metrics"
        )
    raise UnusableResult(_explain_no_json(text.strip(), str(faults[0]["ctx"]["error"])))


def _explain(fault: Mapping[str, Any]) -> str:
    field, given = ".".join(map(str, fault["loc"])), _shown(json.dumps(fault["input"], default=str))
    match fault["type"]:
        case "missing":
            return f"{field} is missing"
        case "float_parsing" | "float_type":
            return f"{field}: {given} is no number"
        case "enum":
            return f"{field}: {given} is none of {fault['ctx']['expected']}"
        case "model_type" | "model_attributes_type":
            return f"{given} is no JSON object"
    return f"{field}: {given}: {fault['msg']}"


def _explain_no_json(text: str, error: str) -> str:
    if not text.startswith("{"):
        return f"it is no JSON object, but begins with {_shown(text)!r}"
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        # RecursionError: lists within lists by the thousand, which pydantic's parser counts too.
        return f"it is no JSON: {error}"
    return f"there is more behind its JSON object: {_shown(text[end:].strip())!r}; write one object, once"


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
