"""The Secret of a search: only with an allowed name, and only when its owner has labelled it for trials.

Both checks keep users from reading, through the operator, Secrets that RBAC denies them: the operator's role names the
Secrets that it may read, and a Secret must have the label ``nas-operator.io/use: trial``, which its owner sets.
"""

from __future__ import annotations

from nas_core.reasons import StorageReason
from nas_core.records.metadata import Meta
from nas_core.records.names import SECRET_USE_TRIAL
from nas_operator.kube.client import Client
from nas_operator.kube.labelled_secret import SecretUnread, Why, read_labelled_secret
from nas_storage.credentials import Credentials
from nas_storage.faults import StorageFault

ACCESS_KEY, SECRET_KEY = "accessKeyID", "secretAccessKey"
SESSION_TOKEN = "sessionToken"  # noqa: S105 - a key of a Secret
"""Only of short-lived keys."""
_REASONS = {
    Why.NOT_FOUND: StorageReason.SECRET_NOT_FOUND,
    Why.DENIED: StorageReason.SECRET_NOT_ALLOWED,
    Why.NOT_LABELLED: StorageReason.SECRET_NOT_LABELLED,
}


class KnownCredentials:
    """Reads Secrets, and keeps for each owner what was read last: a namespace may lose its Secret before the owner.

    What is kept serves for nothing but the end of an owner that is being deleted.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Credentials]] = {}
        """By UID of the owner: the Secret's name and what was in it."""

    def forget(self, owner_uid: str) -> None:
        """Drop what was read for an owner that is gone."""
        self._known.pop(owner_uid, None)

    async def read(self, client: Client, owner: Meta, name: str, allowed: tuple[str, ...]) -> Credentials:
        """Read the Secret of an owner, as :func:`read_credentials` does."""
        try:
            found = await read_credentials(client, owner.namespace, name, allowed)
        except StorageFault as fault:
            secret, known = self._known.get(owner.uid, ("", None))
            if known is None or secret != name or not owner.deleting or fault.reason != StorageReason.SECRET_NOT_FOUND:
                raise
            return known
        self._known[owner.uid] = name, found
        return found


async def read_credentials(client: Client, namespace: str, name: str, allowed: tuple[str, ...]) -> Credentials:
    """Read the Secret of a search.

    Raises:
        StorageFault: if it is not allowed, missing, not labelled or incomplete.
        ApiError: if the API server denied it for another reason.
    """
    # Before any request: the list holds even where the operator's role would allow more.
    if name not in allowed:
        raise StorageFault(
            StorageReason.SECRET_NOT_ALLOWED,
            f"storage.secretRef.name {name!r} is not a Secret that the operator may read ({', '.join(allowed)}); "
            "use one of them, or install the operator with storage.secretNames that include it",
        )
    try:
        keys = f"{ACCESS_KEY} and {SECRET_KEY}"
        values = await read_labelled_secret(client, namespace, name, SECRET_USE_TRIAL, "trials", keys)
    except SecretUnread as error:
        raise StorageFault(_REASONS[error.why], error.message) from error
    for key in (ACCESS_KEY, SECRET_KEY):
        if not values.get(key):
            raise StorageFault(StorageReason.SECRET_INCOMPLETE, f"Secret {name!r} has no readable key {key!r}; add it")
    return Credentials(values[ACCESS_KEY], values[SECRET_KEY], values.get(SESSION_TOKEN) or None)
