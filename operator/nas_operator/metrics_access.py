"""Who may read the operator's ``/metrics``: the API server is asked who a token is, and whether they may.

The same two reviews as kube-rbac-proxy and controller-runtime's `filters.WithAuthenticationAndAuthorization` make: a
TokenReview, and a SubjectAccessReview for ``get`` on the nonResourceURL ``/metrics``. Whatever fails, the page is not
shown. Anyone who reaches the port can send tokens, so the reviews are few: their number a second is bounded, and what
the API server said of an account is kept for a while.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any

from nas_operator.errors import OperatorError
from nas_operator.kube.client import SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS, Client, path
from nas_operator.newest import Newest

KEPT_S = 60.0
"""Seconds for which an answer counts: for so long a right that was taken away may still work."""
KEPT = 256
"""Answers that are kept; beyond, the one that was used longest ago goes."""
REVIEWS_A_SECOND = 10
"""Tokens that are reviewed in a second; client-go's own bound for its reviews is 5."""
ANSWER_LIMIT = 262_144
"""Bytes of a review's answer. It repeats the token, and has the groups of an account."""


class Access(Enum):
    """What is known of who asks."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    """An account that lacks the right."""
    UNKNOWN = "unknown"
    """No account: there is no such token, or not any more."""


class TooManyReviews(OperatorError):
    """More new tokens come than are reviewed in a second."""


class MetricsAccess:
    """Decides by the token of a request, and remembers. Tokens are kept as digests only."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._kept: Newest[bytes, tuple[Access, float]] = Newest(KEPT)
        """Digest of a token: what is known, and until when it counts."""
        self._reviews: deque[float] = deque(maxlen=REVIEWS_A_SECOND)

    async def of(self, token: str) -> Access:
        """Return what the API server says of a token.

        Raises:
            TooManyReviews: if others have sent too many in this second.
            OperatorError: if the API server does not say.
        """
        digest = hashlib.sha256(token.encode()).digest()
        if (kept := self._kept.get(digest)) and self._clock() < kept[1]:
            # Set anew: it is the one that was used last.
            self._kept[digest] = kept
            return kept[0]
        access = await self._review(token)
        if access is Access.UNKNOWN:
            # What is no token costs nobody anything to make up, so it must not push out what is.
            self._kept.pop(digest, None)
        else:
            self._kept[digest] = access, self._clock() + KEPT_S
        return access

    async def _review(self, token: str) -> Access:
        now = self._clock()
        if len(self._reviews) == REVIEWS_A_SECOND and now - self._reviews[0] < 1.0:
            raise TooManyReviews(f"more than {REVIEWS_A_SECOND} new tokens in a second; try again")
        self._reviews.append(now)
        said = await self._ask("authentication.k8s.io/v1", "TokenReview", path(TOKEN_REVIEWS), {"token": token})
        if not said.get("authenticated"):
            return Access.UNKNOWN
        user = said.get("user") or {}
        asked = {
            "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
            # In a SubjectAccessReview the user's name is called "user".
            "user": user.get("username", ""),
            "uid": user.get("uid", ""),
            "groups": user.get("groups") or [],
            "extra": user.get("extra") or {},
        }
        url = path(SUBJECT_ACCESS_REVIEWS)
        said = await self._ask("authorization.k8s.io/v1", "SubjectAccessReview", url, asked)
        return Access.ALLOWED if said.get("allowed") is True and not said.get("denied") else Access.FORBIDDEN

    async def _ask(self, version: str, kind: str, url: str, spec: dict[str, Any]) -> dict[str, Any]:
        body = {"apiVersion": version, "kind": kind, "spec": spec}
        # Reviews change nothing, so an operator that waits to lead makes them too.
        answer: dict[str, Any] = await self._client.request("POST", url, body=body, fenced=False, limit=ANSWER_LIMIT)
        return answer.get("status") or {}
