from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.template import TrialTemplate
from nas_operator.errors import ApiError, NotLabelled
from nas_operator.labelled import require_labelled
from nas_operator.settings import Settings

ALLOWED = Settings(trial_secret_names=("hub",), trial_config_map_names=("proxies",))
ASKED = TrialTemplate.model_validate(
    {
        "envFrom": [{"secretRef": {"name": "hub"}}, {"configMapRef": {"name": "proxies"}}],
        "volumes": [
            {"name": "a", "mountPath": "/mnt/a", "secret": {"secretName": "hub"}},
            {"name": "b", "mountPath": "/mnt/b", "configMap": {"name": "proxies"}},
        ],
    }
)


class Metadata:
    """Stands for the client: answers with one object's metadata or error."""

    def __init__(self, answer: dict[str, Any] | ApiError) -> None:
        self.answer, self.asked = answer, list[str]()

    async def metadata(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer


async def require(answer: dict[str, Any] | ApiError, settings: Settings = ALLOWED) -> list[str]:
    client: Any = Metadata(answer)
    await require_labelled(client, settings, "team", ASKED)
    return list(client.asked)


async def test_each_is_asked_for_once() -> None:
    assert await require({"labels": {"nas-operator.io/use": "trial"}}) == [
        "/api/v1/namespaces/team/secrets/hub",
        "/api/v1/namespaces/team/configmaps/proxies",
    ]


async def test_a_template_that_names_none_asks_nothing() -> None:
    client: Any = Metadata(ApiError(500, "", "down"))
    await require_labelled(client, Settings(), "team", TrialTemplate())


@pytest.mark.parametrize(
    ("answer", "settings", "words"),
    [
        ({}, Settings(), ("Secret 'hub'", "trials may use none", "trials.secretNames")),
        ({}, Settings(trial_secret_names=("a", "b")), ("one of a, b", "ask the platform team")),
        ({}, ALLOWED, ("kubectl label secret hub nas-operator.io/use=trial -n team",)),
        ({"labels": {"nas-operator.io/use": "no"}}, ALLOWED, ("is not marked for trials",)),
        (ApiError(404, "NotFound", "gone"), ALLOWED, ("is not in namespace 'team'", "create it")),
        (ApiError(403, "Forbidden", "no"), ALLOWED, ("role does not let it read",)),
    ],
)
async def test_what_trials_may_not_use_is_told(
    answer: dict[str, Any] | ApiError, settings: Settings, words: tuple[str, ...]
) -> None:
    with pytest.raises(NotLabelled) as raised:
        await require(answer, settings)
    assert raised.value.condition_message == str(raised.value)
    assert [word for word in words if word not in str(raised.value)] == []


async def test_a_fault_of_the_api_server_is_its_own() -> None:
    with pytest.raises(ApiError, match="500"):
        await require(ApiError(500, "", "down"))
