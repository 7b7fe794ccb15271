"""A search's bucket for code on the event loop: each call runs in a thread of the search, with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from nas_core.api.storage import Storage
from nas_core.contract import STORED_RESULT_LIMIT
from nas_core.layout import namespace_prefix
from nas_core.reasons import StorageReason
from nas_core.records.metadata import Meta
from nas_operator.kube.client import Client
from nas_operator.limits.endpoints import PoliciesOf, storage_refusal
from nas_operator.settings import Settings
from nas_operator.storage.credentials import KnownCredentials
from nas_operator.storage.lanes import Lanes
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.bucket import Bucket
from nas_storage.credentials import Credentials
from nas_storage.explain import KeysOf
from nas_storage.faults import NotFound, StorageFault
from nas_storage.policy import Policy
from nas_storage.session import Session, open_session, require_limits

T = TypeVar("T")

OPERATOR = KeysOf(
    "the operator's own identity",
    denied="allow it in the policy of its role, or of the bucket",
    missing="let the platform team bind the operator's ServiceAccount to a role (serviceAccount.annotations of the "
    "chart), or name a Secret in storage.secretRef",
)
GIVING_UP_S = 1.0
"""Seconds on top of a call's own bound before its thread is left behind: it hangs where no bound reaches (DNS)."""


class Objects:
    """The objects of one bucket. Every method raises :class:`StorageFault` when the storage cannot be used."""

    def __init__(
        self,
        storage: Storage,
        credentials: Credentials | None,
        lanes: Lanes,
        owner: Meta,
        servers: AllowedEndpoints,
        policy: Policy = Policy(),  # noqa: B008 frozen
    ) -> None:
        """Make them; nothing is asked of the server yet.

        Args:
            storage: the search's ``spec.storage``.
            credentials: the key in its Secret; None: the operator's own identity.
            lanes: where calls run.
            owner: the search or model.
            servers: those that the operator may contact: users write the address.
            policy: the bounds of each call.
        """
        keys = KeysOf(f"Secret {storage.secret_ref.name!r}") if storage.secret_ref else OPERATOR
        self._bucket = Bucket(storage, credentials, policy, keys=keys, servers=servers)
        self._where = storage.endpoint or "Amazon S3"
        self._own = namespace_prefix(storage.prefix, owner.namespace)
        self._lanes, self._owner, self._policy = lanes, owner.uid, policy

    async def _run(self, key: str, call: Callable[[], T]) -> T:
        # Trials' results name keys, and the operator's identity may reach other teams' objects. Some servers resolve
        # dots, as file systems do.
        if not key.startswith(self._own) or ".." in key.split("/"):
            raise ValueError(f"{key!r} is not below {self._own!r}, where the objects of the namespace are")
        return await in_lane(self._lanes, self._owner, call, self._policy, self._where)

    async def get(self, key: str, limit: int = STORED_RESULT_LIMIT) -> bytes | None:
        """Return an object's content, None if there is none.

        Raises:
            ObjectTooLarge: if it has more than ``limit`` bytes.
        """
        try:
            return await self._run(key, lambda: self._bucket.get(key, limit))
        except NotFound:
            return None

    async def put_once(self, key: str, content: bytes) -> bytes:
        """Put an object unless there is one; return the content that is there then.

        Raises:
            ObjectTooLarge: if that has more bytes than :meth:`get` reads.
        """
        try:
            if await self._run(key, lambda: self._bucket.put_once(key, content, "application/json")):
                return content
        except StorageFault as fault:
            if fault.status != 409:  # 409: somebody else is putting it at this moment
                raise
        existing = await self.get(key)
        return content if existing is None else existing

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Put an object, replacing one of this key."""
        await self._run(key, lambda: self._bucket.put(key, content, content_type))

    async def newest(self, prefix: str, ending: str) -> str | None:
        """Return the last key, in their order, that begins and ends so; None if there is none."""
        keys = await self._run(prefix, lambda: self._bucket.keys(prefix))
        return max((key for key in keys if key.endswith(ending)), default=None)

    async def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with its ETag and size."""
        return await self._run(prefix, lambda: self._bucket.tags(prefix))

    async def first_keys(self, prefix: str) -> list[str]:
        """Return the first keys below a prefix, sorted: a page of them, however many there are."""
        return await self._run(prefix, lambda: self._bucket.first_keys(prefix))

    async def probe(self, prefix: str) -> None:
        """Return if the bucket answers a list of the prefix."""
        await self._run(prefix, lambda: self._bucket.probe(prefix))

    async def delete_some(self, prefix: str) -> tuple[int, bool]:
        """Delete objects below a prefix for some seconds; return how many, and whether none is left."""
        return await self._run(prefix, lambda: self._bucket.delete_some(prefix))

    async def delete_others(self, prefix: str, kept: Collection[str]) -> bool:
        """Delete objects below a prefix but those of some keys, for some seconds; return whether no other is left."""
        return (await self._run(prefix, lambda: self._bucket.delete_some(prefix, kept)))[1]


class Buckets:
    """Opens the buckets of searches and models, and remembers of each owner what its next call needs."""

    def __init__(self, client: Client, settings: Settings, policies_of: PoliciesOf) -> None:
        self._client, self._settings, self._policies_of = client, settings, policies_of
        self._lanes, self._credentials = Lanes(), KnownCredentials()

    def forget(self, owner_uid: str) -> None:
        """Drop what is remembered of an owner that is gone."""
        self._lanes.forget(owner_uid)
        self._credentials.forget(owner_uid)

    def refusal(self, owner: Meta, storage: Storage) -> StorageFault | None:
        """Return why the policies of an owner's namespace do not allow the storage, None if they do."""
        return storage_refusal(self._policies_of(owner.namespace), storage)

    async def open(self, owner: Meta, storage: Storage) -> Objects:
        """Return the objects of a bucket, with the key in a Secret of the owner's namespace.

        A storage that names none is used with the operator's own identity, if a policy of the namespace grants that.

        Raises:
            StorageFault: if that Secret cannot be used, or the policies of the namespace do not allow the storage.
        """
        credentials = await self._key(owner, storage)
        return Objects(storage, credentials, self._lanes, owner, self._settings.allowed_endpoints)

    async def session(self, owner: Meta, storage: Storage, name: str, document: str) -> Session:
        """Return short-lived keys with no more rights than the policy ``document`` gives; ``name`` is for logs.

        Raises:
            StorageFault: if the storage gives none.
        """
        key = await self._key(owner, storage)
        assert key is not None and storage.secret_ref is not None, "the schema wants a Secret with storage.scoped"
        keys = KeysOf(f"Secret {storage.secret_ref.name!r}")
        servers, bounds = self._settings.allowed_endpoints, Policy()

        def work() -> Session:
            return open_session(storage, key, storage.role_arn, name, document, bounds, keys, servers)

        return await self._run(owner, storage, work, bounds)

    async def require_limits(self, owner: Meta, storage: Storage, session: Session, key: str) -> None:
        """Return if a session cannot read the object ``key``, which its policy does not name.

        Raises:
            StorageFault: if it can.
        """
        servers, bounds = self._settings.allowed_endpoints, Policy()
        await self._run(owner, storage, lambda: require_limits(storage, session, key, bounds, servers), bounds)

    async def _key(self, owner: Meta, storage: Storage) -> Credentials | None:
        if fault := self.refusal(owner, storage):
            raise fault
        if storage.secret_ref is None:
            return None
        name = storage.secret_ref.name
        return await self._credentials.read(self._client, owner, name, self._settings.secret_names)

    async def _run(self, owner: Meta, storage: Storage, call: Callable[[], T], policy: Policy) -> T:
        return await in_lane(self._lanes, owner.uid, call, policy, storage.endpoint or "Amazon S3")


async def in_lane(lanes: Lanes, owner: str, call: Callable[[], T], policy: Policy, where: str) -> T:
    """Return what a call to the server ``where`` gives, in a thread of its owner.

    Raises:
        StorageFault: also if it hangs where no bound reaches.
    """
    timeout_s = policy.call_s + GIVING_UP_S
    try:
        return await lanes.run(owner, call, timeout_s)
    except TimeoutError as error:
        raise StorageFault(
            StorageReason.STORAGE_UNREACHABLE,
            f"{where} has not answered within {timeout_s:g} s; check storage.endpoint, or wait: "
            "the search goes on when it is back",
            passing=True,
        ) from error
