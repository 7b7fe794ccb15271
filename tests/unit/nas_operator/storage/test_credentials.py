from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.support.factories import START, meta

from nas_operator.errors import ApiError
from nas_operator.storage.credentials import KnownCredentials, read_credentials
from nas_storage.credentials import Credentials
from nas_storage.faults import StorageFault

LABELS = {"nas-operator.io/use": "trial"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DATA = {"accessKeyID": encoded("key"), "secretAccessKey": encoded("hush")}


class Secrets:
    """Stands for the client: answers with one Secret or error."""

    def __init__(self, answer: dict[str, Any] | ApiError) -> None:
        self.answer, self.asked = answer, [""]

    async def get(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer


def secret(labels: Any = LABELS, **data: str) -> dict[str, Any]:
    return {"metadata": {"labels": labels}, "data": data}


async def read(answer: dict[str, Any] | ApiError, name: str = "keys") -> Credentials:
    client: Any = Secrets(answer)
    return await read_credentials(client, "team", name, ("keys", "nas-storage"))


async def test_a_secret_that_is_allowed_and_labelled_is_read() -> None:
    found = await read(secret(**DATA))
    assert found == Credentials("key", "hush")
    assert "hush" not in repr(found)


async def test_one_with_short_lived_keys_has_their_token_too() -> None:
    assert await read(secret(**DATA, sessionToken=encoded("until noon"))) == Credentials("key", "hush", "until noon")
    assert await read(secret(**DATA, sessionToken="")) == Credentials("key", "hush")


async def test_one_that_is_not_allowed_is_not_even_asked_for() -> None:
    client: Any = Secrets(secret(**DATA))
    with pytest.raises(StorageFault) as raised:
        await read_credentials(client, "team", "database", ("keys",))
    assert raised.value.reason == "SecretNotAllowed" and client.asked == [""]
    assert "storage.secretRef.name 'database'" in raised.value.message and "use one of them" in raised.value.message


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (ApiError(404, "NotFound", ""), "SecretNotFound", "create it with accessKeyID and secretAccessKey"),
        (ApiError(403, "Forbidden", ""), "SecretNotAllowed", "'keys' in namespace 'team'"),
        (secret({}, **DATA), "SecretNotLabelled", "kubectl label secret keys nas-operator.io/use=trial -n team"),
        (secret({"nas-operator.io/use": "x"}, **DATA), "SecretNotLabelled", "not marked for trials"),
        (secret(accessKeyID=encoded("key")), "SecretIncomplete", "'secretAccessKey'"),
        (secret(accessKeyID="%", secretAccessKey=encoded("s")), "SecretIncomplete", "'accessKeyID'"),
        (secret(), "SecretIncomplete", "'accessKeyID'"),
    ],
)
async def test_what_is_wrong_says_what_to_do(answer: dict[str, Any] | ApiError, reason: str, words: str) -> None:
    with pytest.raises(StorageFault) as raised:
        await read(answer)
    assert raised.value.reason == reason and words in raised.value.message


async def test_other_errors_of_the_api_server_are_its_own() -> None:
    with pytest.raises(ApiError):
        await read(ApiError(500, "InternalError", "etcd"))


async def test_the_last_known_credentials_serve_the_end_of_their_owner_alone() -> None:
    """A namespace that is deleted may lose its Secret before the search whose objects are to be deleted."""
    client: Any = Secrets(secret(**DATA))
    known, owner, dying = KnownCredentials(), meta("s"), meta("s", deleted_at=START)
    found = await known.read(client, owner, "keys", ("keys", "other"))
    client.answer = ApiError(404, "NotFound", "")
    with pytest.raises(StorageFault):
        await known.read(client, owner, "keys", ("keys",))
    assert await known.read(client, dying, "keys", ("keys",)) == found
    with pytest.raises(StorageFault):
        await known.read(client, dying, "other", ("keys", "other"))
    with pytest.raises(StorageFault):
        await known.read(client, meta("t", deleted_at=START), "keys", ("keys",))
    known.forget(dying.uid)
    with pytest.raises(StorageFault):
        await known.read(client, dying, "keys", ("keys",))
