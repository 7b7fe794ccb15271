"""An access key of an S3 server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """An access key; its secret half is never shown."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    """Of short-lived ones."""

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Credentials | None:
        """Return what AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY hold, None unless both are set.

        AWS_SESSION_TOKEN is set too if the key is a short-lived one.
        """
        access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
        return cls(access, secret, environment.get("AWS_SESSION_TOKEN") or None) if access and secret else None
