from __future__ import annotations

from typing import Any

from tests.support.factories import START, raw_search, stamp
from tests.support.models import CONDITIONS, STORAGE, model

from nas_core.api.model import NASModelSpec
from nas_core.records.search import read_search
from nas_plan.models.publish import published, record_of, recorded

BEST: list[dict[str, Any]] = [
    {"trial": name, "architecture": "a", "id": "1", "metrics": {}} for name in ("s-r9-best", "s-r9-second")
]
DONE: dict[str, Any] = {"conditions": CONDITIONS, "retrained": BEST}
RETRAIN: dict[str, Any] = {"epochs": 9, "publish": {"name": "digits"}, "exports": ["onnx"]}


PUBLISHED = {"model": "digits-uid-s", "trial": "s-r9-best"}


def made(status: dict[str, Any] | None = None, **retrain: Any) -> dict[str, Any] | None:
    search = read_search(raw_search(DONE if status is None else status, storage=STORAGE, retrain=RETRAIN | retrain))
    found = published(search)
    assert len(found) <= 1 and all(one.target is None for one in found)
    return found[0].body if found else None


def test_the_best_that_was_trained_again_is_published() -> None:
    body = made()
    assert body is not None and body["metadata"]["name"] == "digits-uid-s" and "ownerReferences" not in body["metadata"]
    spec = NASModelSpec.model_validate(body["spec"])
    assert (spec.name, spec.version, spec.stage, spec.exports) == ("digits", "uid-s", "candidate", ["onnx"])
    assert (spec.source.search, spec.source.trial) == ("s", "s-r9-best")


def test_name_and_stage_are_the_users() -> None:
    body = made(publish={"name": "digits", "version": "2.0", "stage": "production", "deletionPolicy": "Delete"})
    assert body is not None and body["metadata"]["name"] == "digits-2.0"
    assert (body["spec"]["stage"], body["spec"]["deletionPolicy"]) == ("production", "Delete")


def test_nothing_is_published_before_the_end() -> None:
    assert made({"retrained": BEST}) is None
    assert made({"conditions": CONDITIONS}) is None
    assert made(publish=None) is None


def test_a_search_that_is_being_deleted_publishes_nothing() -> None:
    raw = raw_search(DONE, meta=None, storage=STORAGE, retrain=RETRAIN)
    raw["metadata"]["deletionTimestamp"] = stamp(START)
    assert published(read_search(raw)) == []


def test_what_was_published_is_not_published_again_unless_it_would_be_another() -> None:
    assert made(DONE | {"published": PUBLISHED}) is None
    other_best = made(DONE | {"published": PUBLISHED, "retrained": BEST[::-1]})
    assert other_best is not None and other_best["spec"]["source"]["trial"] == "s-r9-second"
    other_name = made(DONE | {"published": PUBLISHED}, publish={"name": "digits", "version": "2"})
    assert other_name is not None and other_name["metadata"]["name"] == "digits-2"


def test_only_what_is_of_the_search_is_on_its_record() -> None:
    body = made()
    assert body is not None
    ours = model("digits-uid-s", source={"search": "s", "trial": "s-r9-best"})
    record = record_of(body, ours)
    assert record is not None and record.to_dict() == PUBLISHED
    assert record_of(body, model("digits-uid-s", source={"trial": "another"})) is None


def test_each_target_has_a_model_of_its_own() -> None:
    limits = [{"metric": "flops", "max": 10**9}]
    targets = [{"name": name, "constraints": limits} for name in ("phone", "mcu", "watch")]
    phone = {"name": "phone", "retrained": BEST, "published": {"model": "digits-phone-uid-s", "trial": "s-r9-best"}}
    status = DONE | {"targets": [phone, {"name": "mcu", "retrained": BEST[1:]}, {"name": "gone", "retrained": BEST}]}
    search = read_search(raw_search(status, storage=STORAGE, retrain=RETRAIN, targets=targets))
    # The phone's was made, the watch has none yet, and what is gone is not asked for any more.
    [made] = published(search)
    assert made.target == "mcu" and made.body["metadata"]["name"] == "digits-mcu-uid-s"
    assert made.body["spec"]["name"] == "digits-mcu" and made.body["spec"]["source"]["trial"] == "s-r9-second"
    record = record_of(made.body, model("digits-mcu-uid-s", source={"search": "s", "trial": "s-r9-second"}))
    assert record is not None
    written = recorded(search.status, made.target, record)["targets"]
    models = [one.get("published", {}).get("model") for one in written]
    assert models == ["digits-phone-uid-s", "digits-mcu-uid-s", None]
    assert recorded(search.status, None, record) == {"published": record.to_dict()}
