"""Whether the shared weights of another search can be used (`spec.evaluation.supernet.from`). Pure.

They are those of a search of the same namespace, in the same bucket, on the same examples and the same space. So nobody
gets at weights that are not in a bucket whose Secret the search has, and no candidate is evaluated on examples that the
weights were trained on.
"""

from __future__ import annotations

from typing import NamedTuple

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import SupernetStatus
from nas_core.api.trial import DatasetSummary
from nas_core.reasons import SearchReason
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch

FIELD = "spec.evaluation.supernet.from.search"


class Refusal(NamedTuple):
    """Why the weights cannot be used."""

    reason: SearchReason
    message: str


def shared_weights(
    spec: NASSearchSpec, name: str, source: SearchView | None, dataset: DatasetSummary | None
) -> SupernetStatus | Refusal:
    """Return the shared weights of a search, or why they cannot be used.

    Args:
        spec: of the search that is to use them, with all that it leaves open filled in.
        name: of the search that has them, in the same namespace.
        source: that search; None: there is none.
        dataset: what was prepared for the search that is to use them; None: not known.
    """
    if source is None or source.meta.deleting:
        message = f"{FIELD}: there is no NASSearch {name!r} in this namespace; correct the name"
        return Refusal(SearchReason.SUPERNET_NOT_FOUND, message)
    if isinstance(source, UnreadableSearch):
        message = f"{FIELD}: NASSearch {name!r} cannot be read: {source.error}"
        return Refusal(SearchReason.SUPERNET_UNUSABLE, message)
    if source.spec.evaluation.supernet is None:
        message = f"{FIELD}: NASSearch {name!r} has no evaluation.supernet; name one that trains shared weights"
        return Refusal(SearchReason.SUPERNET_UNUSABLE, message)
    found = source.status.supernet
    if found is None:
        message = f"{FIELD}: NASSearch {name!r} has trained no supernet yet; this search begins when it has"
        return Refusal(SearchReason.SUPERNET_NOT_FOUND, message)
    if fault := _fault(spec, source, found, dataset):
        return Refusal(SearchReason.SUPERNET_UNUSABLE, f"{FIELD}: the supernet of {name!r} is {fault}")
    return found


def _fault(
    spec: NASSearchSpec,
    source: ReadableSearch,
    found: SupernetStatus,
    dataset: DatasetSummary | None,
) -> str | None:
    """Say of what the weights are that does not fit, and what to do."""
    other = source.spec
    own, there = spec.storage, other.storage
    if not (own and there and own.is_same_bucket(there) and found.address.startswith(f"s3://{own.bucket}/")):
        return "in another bucket; give both searches the same storage"
    if spec.search_space.described != source.space_taken:
        return "of another space; name the same spec.searchSpace"
    if (spec.task.type, spec.task.dataset) != (other.task.type, other.task.dataset):
        return "of other data; give both searches the same spec.task"
    if dataset and found.dataset_hash not in (None, dataset.hash):
        return f"of other data: they were {found.dataset_hash} then, and are {dataset.hash} now; train a new supernet"
    if spec.strategy.seed != other.strategy.seed:
        # The split is by this seed.
        return (
            f"trained on some of the examples that this search would validate on, as their split is by "
            f"spec.strategy.seed; set it to {other.strategy.seed}"
        )
    return None
