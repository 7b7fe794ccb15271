from __future__ import annotations

import pytest

from nas_storage.credentials import Credentials

KEY = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush"}


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        (KEY, Credentials("key", "hush")),
        (KEY | {"AWS_SESSION_TOKEN": "noon"}, Credentials("key", "hush", "noon")),
        (KEY | {"AWS_SESSION_TOKEN": ""}, Credentials("key", "hush")),
        ({"AWS_ACCESS_KEY_ID": "key", "AWS_SESSION_TOKEN": "noon"}, None),
        ({}, None),
    ],
)
def test_a_key_is_read_whole_or_not_at_all(environment: dict[str, str], found: Credentials | None) -> None:
    assert Credentials.of_environment(environment) == found
