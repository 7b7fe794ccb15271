"""What pip-audit prints is understood; that it finds what is vulnerable is its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nas_dev import audit
from nas_dev.sbom import IMAGES

OFFLINE = """Traceback (most recent call last):
  File "requests/adapters.py", line 729, in send
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.osv.dev', port=443): Max retries exceeded
"""


def printed(**package: Any) -> str:
    return json.dumps({"dependencies": [{"name": "yarl", "version": "1.25.1"} | package], "fixes": []})


@pytest.mark.parametrize(
    ("package", "lines"),
    [
        ({"vulns": []}, []),
        (
            {"vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.25.2", "1.26"]}]},
            ["yarl 1.25.1 has PYSEC-2026-1, mended in 1.25.2, 1.26"],
        ),
        ({"vulns": [{"id": "PYSEC-2026-1", "fix_versions": []}]}, ["yarl 1.25.1 has PYSEC-2026-1, not mended yet"]),
        ({"skip_reason": "not found on PyPI"}, ["yarl was skipped: not found on PyPI"]),
    ],
)
def test_each_known_vulnerability_is_a_line(package: dict[str, Any], lines: list[str]) -> None:
    assert audit.findings(printed(**package), "") == lines


def test_where_nobody_can_be_asked_nothing_is_audited() -> None:
    with pytest.raises(audit.NotAudited, match="Max retries exceeded"):
        audit.findings("", OFFLINE)
    with pytest.raises(RuntimeError, match="no such option"):
        audit.findings("", "Error: no such option: --vulnerability-service")


def test_it_fails_when_it_has_found_something_and_not_when_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def skipped(pins: str) -> list[str]:
        raise audit.NotAudited("no route")

    monkeypatch.setattr(audit, "audit", skipped)
    assert audit.main() == 0
    assert capsys.readouterr().out.count("SKIPPED, as osv.dev cannot be reached: no route") == len(IMAGES)
    monkeypatch.setattr(audit, "audit", lambda pins: ["yarl 1.25.1 has PYSEC-2026-1, not mended yet"])
    assert audit.main() == 1
    assert "nas-operator: \n  yarl 1.25.1 has" in capsys.readouterr().out
