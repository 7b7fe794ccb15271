"""Keys of the maps of `spec.trialTemplate`: a pod's labels and annotations, and the labels of its node.

A pod may have all but those that somebody else relies on. The operator's and the Job controller's say whose a pod is;
annotations that loosen a container's security are denied here too, as not every namespace enforces Pod Security.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nas_core.api.base import Rule
from nas_core.api.placement import KEY_WORDS
from nas_core.api.types import LABEL_NAME

KUEUE = "kueue.x-k8s.io/"
QUEUE_LABEL = f"{KUEUE}queue-name"
"""Of a Job that a queue of Kueue admits (Kueue documentation, "Run a Kubernetes Job")."""
KUEUE_LABELS = (QUEUE_LABEL, f"{KUEUE}priority-class")
"""Those of Kueue that are about a whole Job; another may take it out of the queue's hands."""

# A domain's exact form is Kubernetes' to check, when a Job is created: a CRD has little room.
_KEY = rf"^([a-z0-9][-a-z0-9.]*/)?{LABEL_NAME}$"
_OWN = r"([a-z0-9.-]+\.)?nas-operator\.io/"
_OF_JOBS = rf"^({_OWN}|batch\.kubernetes\.io/|(app\.kubernetes\.io/managed-by|controller-uid|job-name)$)"
_OF_PODS = rf"^({_OWN}|prometheus\.io/|[a-z.]*security\.(alpha|beta)\.kubernetes\.io/)"


def _rule(field: str, message: str, taken: str = "", is_taken: Callable[[str], bool] = lambda name: False) -> Rule:
    """Make the rule of a map's keys; ``taken`` is CEL for a key `name` that is well formed and still not allowed."""
    api_field = "nodeSelector" if field == "node_selector" else field
    wrong = f"!name.matches(r'{_KEY}')" + (f" || {taken}" if taken else "")

    def broken_by(held: Any) -> str | None:
        return next((key for key in getattr(held, field) if not re.match(_KEY, key) or is_taken(key)), None)

    said = message.replace("'", "\\'")
    return Rule(
        f"!has(self.{api_field}) || !self.{api_field}.exists(name, {wrong})",
        message,
        # [0] exists: the API server makes the message only when the rule is broken.
        message_expression=f"self.{api_field}.filter(name, {wrong})[0] + ': {said}'",
        field_path=f".{api_field}",
        broken_by=broken_by,
    )


KEY_RULES = (
    _rule("node_selector", f"a key of nodeSelector must be {KEY_WORDS}"),
    _rule(
        "labels",
        f"a key of labels must be {KEY_WORDS}, and none that the operator or Kubernetes' Jobs write; of "
        f"{KUEUE} queue-name and priority-class",
        f"name.matches(r'{_OF_JOBS}') || (name.startsWith('{KUEUE}') && !(name in {list(KUEUE_LABELS)}))",
        lambda key: bool(re.match(_OF_JOBS, key)) or (key.startswith(KUEUE) and key not in KUEUE_LABELS),
    ),
    _rule(
        "annotations",
        f"a key of annotations must be {KEY_WORDS}, and none of nas-operator.io, prometheus.io or of security",
        f"name.matches(r'{_OF_PODS}')",
        lambda key: bool(re.match(_OF_PODS, key)),
    ),
)
