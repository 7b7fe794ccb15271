from __future__ import annotations

import pytest
from tests.support.tracked import begun, condition, raw_ready, ready

from nas_core.records.model import ModelView
from nas_plan.tracking.versions import versions


def test_a_ready_model_of_the_search_is_a_version_with_its_lineage() -> None:
    [version] = versions(begun(), [ready("digits", objective="0.9")])
    assert (version.key, version.name, version.source) == ("uid-digits", "ns.digits", "s3://nas/digits/")
    assert version.trial_uid == "uid-trial-0"
    assert version.tags == {
        "nas.model": "ns/digits",
        "nas.version": "1",
        "nas.search": "s",
        "nas.trial": "s-00000",
        "nas.dataset": "sha256:5eed",
        "nas.objective": "0.9",
    }


def test_versions_of_one_model_share_its_name() -> None:
    two = raw_ready("digits-2")
    two["spec"] |= {"name": "digits", "version": "2"}
    assert [one.name for one in versions(begun(), [ready("digits"), ModelView.of(two)])] == ["ns.digits", "ns.digits"]


@pytest.mark.parametrize(
    "model",
    [
        ready("other", "uid-other"),
        ready("waits", conditions=[condition("Ready", False)]),
        ready("nowhere", address=None),
        ready("unknown", lineage=None),
    ],
    ids=lambda model: model.meta.name,
)
def test_any_other_model_is_none(model: ModelView) -> None:
    assert versions(begun(), [model]) == []
