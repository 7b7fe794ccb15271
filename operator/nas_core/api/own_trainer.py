"""What rules about the trainer that ships have in common: they are not for a trainer of the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OWN_TRAINER = "has(self.trialTemplate.image) || has(self.trialTemplate.command) || has(self.evaluation.benchmark)"
"""CEL that holds for a spec whose candidates the trainer that ships does not train."""


def has_own_trainer(spec: Any) -> bool:
    """Say the same of a `NASSearchSpec` in Python."""
    return bool(spec.trial_template.image or spec.trial_template.command or spec.evaluation.benchmark)


def listed(words: Iterable[str]) -> str:
    """Return words as a list in CEL."""
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"
