"""Whether a trial's input fits into the annotation of its pod.

Source: Kubernetes, `apimachinery/pkg/api/validation/objectmeta.go`, TotalAnnotationSizeLimitB: 256 KiB over the names
and values of all annotations of an object.
"""

from __future__ import annotations

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import ADDRESS_LENGTH
from nas_core.contract import Identity, TrialInput
from nas_core.spaces import SearchSpace
from nas_plan.phases.score import PACKED_BYTES
from nas_search import scoring_of

LIMIT = 256 * 1024
SPARE = 24 * 1024
"""Left for the storage, whose certificates may be changed later, and for the other annotations."""
_AROUND = 288
"""Characters of a candidate's id, origin, parents, target and the names of its fields."""


def input_fault(spec: NASSearchSpec, space: SearchSpace) -> str | None:
    """Say why the input of a search's trials would have no room, and what to do; None if it has."""
    room = LIMIT - SPARE - _without_candidates(spec)
    longest = _AROUND + space.longest_text
    # A decision is an entry of a JSON object: name and value in quotes, a colon, a comma.
    longest += sum(len(decision.name) + decision.longest + len('"":"",') for decision in space.decisions)
    each = spec.evaluation.candidates_per_trial
    packed = PACKED_BYTES if scoring_of(spec.strategy, spec.evaluation) else 0
    # When a single candidate has no room, fewer candidates a trial would not help: the spec has to be shorter.
    if max(longest, packed) > room:
        return (
            f"spec.searchSpace and spec.task: with them a trial's input would take up to "
            f"{LIMIT - room + max(longest, packed)} bytes of the {LIMIT} that an annotation may have; have fewer or "
            "shorter values of decisions, or fewer named columns"
        )
    if each * longest > room:
        return (
            f"spec.evaluation.candidatesPerTrial: with {each} a trial's input would take up to "
            f"{LIMIT - room + each * longest} bytes of the {LIMIT} that an annotation may have; set "
            f"{room // longest} or less"
        )
    return None


def _without_candidates(spec: NASSearchSpec) -> int:
    """Return the bytes of a trial's input but for its candidates; names are taken as long as they can be."""
    # A namespace is a DNS label (RFC 1123: 63 characters), a UID a UUID; the CRD bounds the name of a search.
    given = TrialInput(
        identity=Identity(
            namespace="n" * 63, search="s" * 40, search_uid="u" * 36, trial="t" * 63, index=10**6, attempt=99
        ),
        space=spec.search_space,
        candidates=[],
        task=spec.task,
        evaluation=spec.evaluation,
        seed=2**31,
        objective=spec.objectives[0],
        objectives=spec.objectives,
        constraints=spec.constraints,
        prepared="p" * ADDRESS_LENGTH,
    )
    return len(given.model_dump_json(by_alias=True, exclude_none=True).encode())
