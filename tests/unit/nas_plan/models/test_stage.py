from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.factories import START, stamp
from tests.support.models import model

from nas_core.records.model import ModelView
from nas_plan.models.snapshot import ModelSnapshot
from nas_plan.models.stage import demoted, production_since


def version(number: str, since: str | None = None, **spec: Any) -> ModelView:
    status = {"productionSince": since} if since else None
    return model(f"m-{number}", status, name="m", version=number, stage="production", **spec)


def test_the_newest_change_wins_in_every_look() -> None:
    former, new = version("1", stamp(START)), version("2")
    now = START + timedelta(hours=1)
    of_new, of_former = ModelSnapshot(now, new, namesakes=(former,)), ModelSnapshot(now, former, namesakes=(new,))
    assert production_since(of_new) == now and demoted(of_new) == (former,)
    assert production_since(of_former) is None and demoted(of_former) == ()


def test_of_two_at_once_every_look_finds_the_same() -> None:
    one, two = version("1"), version("2")
    assert demoted(ModelSnapshot(START, two, namesakes=(one,))) == (one,)
    assert demoted(ModelSnapshot(START, one, namesakes=(two,))) == ()


def test_a_version_stays_in_production_alone() -> None:
    alone = version("1", stamp(START))
    assert production_since(ModelSnapshot(START + timedelta(days=1), alone)) == START


def test_a_candidate_is_not_in_production() -> None:
    former = model("m", {"productionSince": stamp(START)})
    assert production_since(ModelSnapshot(START, former)) is None


def test_one_that_is_being_deleted_holds_no_place() -> None:
    going = model("m-2", meta={"deletionTimestamp": stamp(START)}, name="m", version="2", stage="production")
    former = version("1", stamp(START))
    assert production_since(ModelSnapshot(START, former, namesakes=(going,))) == START
