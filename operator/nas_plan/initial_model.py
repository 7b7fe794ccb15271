"""Whether networks can start from the weights of a model (`spec.evaluation.initFrom.model`). Pure.

It is a NASModel of the same namespace whose files are in the bucket of the search. So nobody gets at weights that are
not in a bucket whose Secret the search has. Address and SHA-256 are copied into the status when the search begins, so
that a model that is deleted or made again changes nothing of a search that runs.
"""

from __future__ import annotations

from nas_core.api.evaluation import InitFrom
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import InitialModel
from nas_core.layout import BUNDLE_MANIFEST
from nas_core.reasons import SearchReason
from nas_core.records.conditions import is_true
from nas_core.records.model import ModelView
from nas_core.states import ConditionType
from nas_plan.models.source import prefix_of
from nas_plan.shared_weights import Refusal

FIELD = "spec.evaluation.initFrom.model"


def initial_model(spec: NASSearchSpec, name: str, model: ModelView | None) -> InitialModel | Refusal:
    """Return the model from whose weights networks start, or why it cannot be used.

    Args:
        spec: of the search that is to use it.
        name: of the NASModel, in the namespace of the search.
        model: that object; None: there is none.
    """
    if model is None or model.meta.deleting:
        message = (
            f"{FIELD}: there is no NASModel {name!r} in this namespace; correct the name, or give the bundle itself by "
            "uri or path"
        )
        return Refusal(SearchReason.INITIAL_MODEL_NOT_FOUND, message)
    found = model.status
    if found.address is None or not is_true(found.conditions, ConditionType.READY):
        message = f"{FIELD}: NASModel {name!r} is not ready yet; this search begins when it is"
        return Refusal(SearchReason.INITIAL_MODEL_NOT_FOUND, message)
    own, there = spec.storage, found.storage
    if not (own and there and own.is_same_bucket(there)):
        return _unusable(f"NASModel {name!r} is in another bucket; give this search the storage of that model's search")
    if not found.address.startswith(f"s3://{there.bucket}/{prefix_of(model, there)}") or ".." in found.address:
        return _unusable(f"the address of NASModel {name!r} is not where its files are; make the model again")
    manifest = next((file.sha256 for file in found.artifacts if file.path == BUNDLE_MANIFEST), None)
    if manifest is None:
        return _unusable(f"NASModel {name!r} has no {BUNDLE_MANIFEST} among its artifacts; make the model again")
    return InitialModel(model=name, address=found.address, sha256=manifest)


def starting_from(spec: NASSearchSpec, taken: InitialModel) -> NASSearchSpec:
    """Return a spec that has the address of a model in the place of its name."""
    asked = spec.evaluation.init_from
    given = InitFrom(uri=taken.address, sha256=taken.sha256, freeze=asked is not None and asked.freeze)
    return spec.model_copy(update={"evaluation": spec.evaluation.model_copy(update={"init_from": given})})


def _unusable(message: str) -> Refusal:
    return Refusal(SearchReason.INITIAL_MODEL_UNUSABLE, f"{FIELD}: {message}")
