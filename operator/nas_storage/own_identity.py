"""The identity that a process has by itself: AWS' default chain, for storages whose key is in no Secret.

In a pod that is what the cloud's webhook or agent has put there: a token of its ServiceAccount that AWS takes for a
role (IRSA, and whatever else sets ``AWS_WEB_IDENTITY_TOKEN_FILE``), or an address that gives credentials (EKS Pod
Identity). On somebody's own machine it is variables and profiles.

Credentials are had, and renewed, before a client is made or used: that asks other servers than the storage, which the
bounds of a call do not reach, and what they answer is not the storage's fault.
"""

from __future__ import annotations

import threading
from functools import cache

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONNECT_S, READ_S = 3.0, 5.0
"""Seconds for a token service to answer: whoever asks here comes back by itself."""
# Who needs the identity waits here for others that do, not where those wait that have a key.
_LOCK = threading.Lock()


class NoIdentity(Exception):
    """There are no credentials now. The message says what was found; ``passing``: there may be some a little later."""

    def __init__(self, found: str, passing: bool = False) -> None:
        super().__init__(found)
        self.passing = passing


@cache
def own_session() -> boto3.session.Session:
    """Return the session that has the identity; another one than that of keys, beside which it is used."""
    session = botocore.session.Session()
    bounds = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1})
    session.set_default_client_config(bounds)
    return boto3.session.Session(botocore_session=session)


def require_identity() -> None:
    """Return when the process has credentials that hold now.

    Raises:
        NoIdentity: if it has none, or they cannot be had.
    """
    try:
        with _LOCK:
            found = own_session().get_credentials()
            if found is not None:
                # Renews those that are about to end.
                found.get_frozen_credentials()
    except ClientError as error:
        code, status = error.response["Error"].get("Code", ""), error.response["ResponseMetadata"]["HTTPStatusCode"]
        raise NoIdentity(f"{error.operation_name} was answered with {code}", passing=status >= 500) from error
    except Exception as error:
        # Any exception: the chain reads files and answers of others. Most pass: an agent that does not answer, a token
        # that is being written; RuntimeError, which is botocore's for keys that have ended and were not renewed yet.
        passing = isinstance(error, (BotoCoreError, OSError, RuntimeError))
        raise NoIdentity(f"{type(error).__name__}: {error}", passing) from error
    if found is None:
        raise NoIdentity("none are found")
