"""boto3's clients: one session a process, one client for each server and key; those not used for longest are closed."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from nas_core.api.storage import BucketAddress
from nas_storage.credentials import Credentials
from nas_storage.exchange import bound
from nas_storage.explain import no_client
from nas_storage.own_identity import own_session, require_identity
from nas_storage.policy import Policy

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

MOST_CLIENTS = 64
"""Clients kept: each costs about half a MiB, and 40 ms of CPU to make."""


@dataclass(frozen=True)
class Connection:
    """What a client is made from; buckets of one server and key share it."""

    endpoint: str | None
    region: str
    addressing_style: Literal["path", "virtual"]
    ca_bundle: str | None
    credentials: Credentials | None
    connect_s: float
    read_s: float
    connections: int
    service: Literal["s3", "sts"] = "s3"

    @classmethod
    def of(cls, address: BucketAddress, credentials: Credentials | None, policy: Policy) -> Connection:
        """Take from an address, and what is derived from it, only what the connection depends on."""
        return cls(
            endpoint=address.endpoint,
            region=address.region,
            addressing_style=address.addressing_style,
            ca_bundle=address.ca_bundle,
            credentials=credentials,
            connect_s=policy.connect_s,
            read_s=policy.read_s,
            connections=policy.connections,
        )


class Clients:
    """The clients in use and those used last. Safe to use from several threads."""

    def __init__(self, most: int = MOST_CLIENTS) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[Connection, _Kept] = OrderedDict()

    @contextlib.contextmanager
    def lend(self, connection: Connection) -> Iterator[S3Client]:
        """Lend a client, made at first; it is not closed before it is given back.

        Raises:
            StorageFault: if none can be made for such an endpoint or region.
            NoIdentity: if it is to have the identity of the process, and there is none.
        """
        if connection.credentials is None:
            require_identity()
        # The lock is held while one is made: a boto3 session must not make two clients at once.
        with self._lock:
            kept = self._kept.pop(connection, None) or _Kept(connection)
            # Put back at the end, so that the first in the order is the one not used for longest.
            self._kept[connection] = kept
            kept.users += 1
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)[1].drop()
        try:
            yield kept.client
        finally:
            with self._lock:
                kept.give_back()


CLIENTS = Clients()
"""The process's own."""


class _Kept:
    """A client with the file of its certificates, which goes when the client goes."""

    def __init__(self, connection: Connection) -> None:
        self._ca_file = _written(connection.ca_bundle) if connection.ca_bundle else None
        self._dropped, self.users = False, 0
        try:
            self.client = _make(connection, self._ca_file)
        except BaseException:
            # The storage is probed for as long as the search is there; each probe would leave a file.
            self._remove_ca_file()
            raise

    def drop(self) -> None:
        """Close it, when its last user gives it back at the latest."""
        self._dropped = True
        self._close_if_unused()

    def give_back(self) -> None:
        self.users -= 1
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._dropped and not self.users:
            self.client.close()
            self._remove_ca_file()

    def _remove_ca_file(self) -> None:
        if self._ca_file:
            self._ca_file.unlink(missing_ok=True)


def _make(connection: Connection, ca_file: Path | None) -> S3Client:
    keys = connection.credentials
    try:
        session = cast(Any, _session() if keys else own_session())
        client: S3Client = session.client(
            connection.service,
            endpoint_url=connection.endpoint,
            region_name=connection.region,
            aws_access_key_id=keys.access_key if keys else None,
            aws_secret_access_key=keys.secret_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            verify=str(ca_file) if ca_file else None,
            config=Config(
                signature_version="s3v4" if connection.service == "s3" else "v4",
                s3={"addressing_style": connection.addressing_style},
                connect_timeout=connection.connect_s,
                read_timeout=connection.read_s,
                max_pool_connections=connection.connections,
                # One attempt: when to try again is the policy's matter.
                retries={"total_max_attempts": 1},
                # botocore asks for a role in AssumeRole; servers of one's own need none.
                parameter_validation=connection.service == "s3",
            ),
        )
    except (ValueError, BotoCoreError) as error:
        # botocore has checks of its own, which the API server's cannot all repeat.
        raise no_client(error, connection.endpoint, connection.region) from error
    bound(client)
    return client


@cache
def _session() -> boto3.session.Session:
    # Every session parses botocore's model of S3 anew: 13 MB and 0.65 s.
    return boto3.session.Session()


def _written(ca_bundle: str) -> Path:
    # botocore takes certificates only by the name of a file (`verify`).
    handle, name = tempfile.mkstemp(suffix=".pem", prefix="nas-ca-")
    with os.fdopen(handle, "w") as file:
        file.write(ca_bundle)
    return Path(name)
