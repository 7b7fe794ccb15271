"""Makes the models that searches publish. Called for each search that has changed."""

from __future__ import annotations

import logging

from nas_operator.errors import ApiError
from nas_operator.kube.client import MODELS, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_plan.models.publish import published

logger = logging.getLogger(__name__)


class Publisher:
    """Creates NASModels of searches that have ended (`spec.retrain.publish`)."""

    def __init__(self, client: Client, stores: Stores) -> None:
        self._client, self._stores = client, stores

    async def reconcile(self, key: SearchKey) -> None:
        """Look at one search, if it is still there.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        search = self._stores.searches.get(*key)
        body = published(search) if search else None
        if body is None or self._stores.models.get(key[0], body["metadata"]["name"]):
            return
        try:
            self._stores.models.put(await self._client.create(path(MODELS, key[0]), body))
            logger.info("%s/%s has published the model %s", *key, body["metadata"]["name"])
        except ApiError as error:
            # 409: it is there. In a namespace that is being deleted nothing can be created.
            if error.status != 409 and not error.terminating:
                raise
