from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from tests.support.factories import raw_job

from nas_core.records.names import SESSION_ANNOTATION, session_secret_name
from nas_operator.manifests.session import SESSION_DIRECTORY, SESSION_TYPE, build_session_secret
from nas_storage.credentials import Credentials
from nas_storage.session import Session

NAME = session_secret_name("s-00000-a1")
JOB: dict[str, Any] = {"apiVersion": "batch/v1"} | raw_job("s-00000", annotations={SESSION_ANNOTATION: NAME})
SESSION = Session(Credentials("ASIA1", "short", "token"), datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_the_secret_goes_with_its_job_and_is_of_a_type_that_nobody_else_has() -> None:
    secret = build_session_secret(JOB, SESSION)
    assert secret["metadata"]["name"] == NAME and secret["type"] == SESSION_TYPE
    [owner] = secret["metadata"]["ownerReferences"]
    assert (owner["apiVersion"], owner["kind"], owner["uid"]) == ("batch/v1", "Job", JOB["metadata"]["uid"])
    # Where a cluster checks it, that would ask for a right on Jobs' finalizers.
    assert "blockOwnerDeletion" not in owner


def test_libraries_of_aws_read_the_files_and_read_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(session: Session) -> None:
        for name, content in build_session_secret(JOB, session)["stringData"].items():
            (tmp_path / name).write_text(content.replace(SESSION_DIRECTORY, str(tmp_path)))

    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    written(SESSION)
    found: Any = botocore.session.Session().get_credentials()
    assert found.get_frozen_credentials() == ("ASIA1", "short", "token", None)
    written(Session(Credentials("ASIA2", "new", "token2"), SESSION.expires))
    # As if the first keys had only minutes left.
    found._expiry_time = datetime(2020, 1, 1, tzinfo=UTC)
    assert found.get_frozen_credentials()[:3] == ("ASIA2", "new", "token2")
    assert json.loads((tmp_path / "credentials.json").read_text())["Expiration"] == "2099-01-02T03:04:05Z"
