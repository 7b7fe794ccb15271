"""Reads an experiment from an MLflow server, by its REST API: two kinds of questions, with bounded answers.

Who asks is said by MLflow's own variables of the environment, so that no secret stands on a command line. No redirect
is followed: it would lead to a server that nobody named, with the credentials.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from nas_client.errors import ApiUnreachable, InvalidInput, SearchUnreadable
from nas_client.importing.experiment import EarlierExperiment, read_json, refuse_too_many
from nas_client.importing.mlflow_runs import StoredRun, experiment, page_of

TIMEOUT = urllib3.Timeout(connect=5, read=20)
ALL_S = 300.0
"""Seconds for all answers together."""
PAGE, ANSWER_BYTES, ALL_BYTES = 200, 16 << 20, 512 << 20
"""Runs of an answer, bytes of it, and bytes of all answers."""
TOKEN, USER, PASSWORD = "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
"""Variables of the environment, as MLflow's own client reads them."""


def read_server(endpoint: str, name: str, environment: Mapping[str, str] = os.environ) -> EarlierExperiment:
    """Return an experiment of a server.

    Raises:
        InvalidInput: if there is none of this name, or the server is no MLflow.
        ApiUnreachable: if it does not answer.
        SearchUnreadable: if it denies the request.
    """
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
        raise InvalidInput(f"--endpoint {endpoint}: must be the URL of an MLflow server, https://…")
    server = _Server(endpoint, environment)
    found = server.ask(f"experiments/get-by-name?{urlencode({'experiment_name': name})}", None)
    try:
        key = str(found["experiment"]["experiment_id"])
    except (LookupError, TypeError) as error:
        raise InvalidInput(f"{endpoint} does not answer as MLflow does; give the URL of an MLflow server") from error
    runs: list[StoredRun] = []
    asked: dict[str, object] = {"experiment_ids": [key], "run_view_type": "ACTIVE_ONLY", "max_results": PAGE}
    while True:
        page, token = page_of(server.ask("runs/search", asked), endpoint)
        runs += page
        refuse_too_many(len(runs), f"experiment {name!r}")
        if not token or not page:
            return experiment(name, runs)
        asked["page_token"] = token


class _Server:
    def __init__(self, endpoint: str, environment: Mapping[str, str]) -> None:
        self._endpoint, self._ends = endpoint, time.monotonic() + ALL_S
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=urllib3.Retry(2, redirect=False, status=0))
        self._left = ALL_BYTES
        self._headers = {"Content-Type": "application/json", **_credentials(environment)}

    def ask(self, what: str, body: object) -> Any:
        """Return the JSON of an answer."""
        url = f"{self._endpoint.rstrip('/')}/api/2.0/mlflow/{what}"
        if time.monotonic() > self._ends:
            raise ApiUnreachable(f"{self._endpoint} has not told all runs in {ALL_S:.0f} s; try again later")
        try:
            answer = self._pool.request(
                "GET" if body is None else "POST",
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers,
                preload_content=False,
            )
            with answer:
                content = answer.read(ANSWER_BYTES + 1, decode_content=True)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ApiUnreachable(f"{self._endpoint} does not answer: {str(error)[:200]}") from error
        self._left -= len(content)
        if len(content) > ANSWER_BYTES or self._left < 0:
            raise InvalidInput(
                f"{self._endpoint} answers with more than {ANSWER_BYTES:,} bytes, or {ALL_BYTES:,} in all; write a "
                "part of the runs into a file, and import that"
            )
        if answer.status in (401, 403):
            raise SearchUnreadable(f"{self._endpoint} answers {answer.status}; set {TOKEN}, or {USER} and {PASSWORD}")
        if answer.status == 404:
            raise InvalidInput(f"{self._endpoint} has no such experiment; see the list of experiments at the server")
        if answer.status != 200:
            raise ApiUnreachable(f"{self._endpoint} answers {answer.status} to {what.partition('?')[0]}")
        return read_json(content.decode(errors="replace"), f"the answer of {self._endpoint}")


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    if token := environment.get(TOKEN):
        return {"Authorization": f"Bearer {token}"}
    if user := environment.get(USER):
        return dict(urllib3.make_headers(basic_auth=f"{user}:{environment.get(PASSWORD, '')}"))
    return {}
