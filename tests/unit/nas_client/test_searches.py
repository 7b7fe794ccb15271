from __future__ import annotations

from typing import Any

import pytest
from kubernetes.client import ApiException
from tests.support.factories import raw_search

from nas_client import asking
from nas_client.errors import ApiUnreachable, InvalidInput, SearchUnreadable
from nas_client.searches import Searches


class Api:
    """The API server's answers, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    def __getattr__(self, method: str) -> Any:
        def ask(**arguments: Any) -> Any:
            self.asked.append((method, arguments))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return ask


class Reader:
    namespace = "team"

    def __init__(self, *answers: Any) -> None:
        self.objects = Api(*answers)


def searches(*answers: Any) -> tuple[Searches, Api]:
    reader: Any = Reader(*answers)
    return Searches(reader), reader.objects


def test_a_long_list_is_read_in_pages() -> None:
    first = {"items": [raw_search()] * 2, "metadata": {"continue": "token"}}
    found, api = searches(first, {"items": [raw_search()], "metadata": {}})
    assert len(list(found.all())) == 3
    assert [arguments.get("_continue") for _, arguments in api.asked] == [None, "token"]
    assert api.asked[0][1]["limit"] == 500


def test_a_change_is_a_merge_patch_of_the_spec() -> None:
    found, api = searches({})
    found.change("s", {"suspend": None})
    [(method, arguments)] = api.asked
    assert method == "patch_namespaced_custom_object"
    assert (arguments["plural"], arguments["name"]) == ("nassearches", "s")
    assert arguments["body"] == {"spec": {"suspend": None}}
    assert arguments["_content_type"] == "application/merge-patch+json"


def test_a_manifest_is_applied_on_the_server() -> None:
    found, api = searches({})
    assert found.submit({"kind": "NASModel", "metadata": {"name": "m"}, "spec": {}}) == "nasmodel/m"
    arguments = api.asked[0][1]
    assert (arguments["plural"], arguments["field_manager"], arguments["force"]) == ("nasmodels", "nasctl", False)
    assert arguments["_content_type"] == "application/apply-patch+yaml"


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"kind": "Secret", "metadata": {"name": "s"}}, "Secret s: write one of NASSearch, NASSearchSpace, NASModel"),
        ({"kind": "NASSearch", "metadata": None}, "without metadata.name"),
        ({"kind": "NASSearch", "metadata": {"name": "s", "namespace": "other"}}, "use --namespace other"),
    ],
)
def test_what_cannot_be_submitted_is_not_asked_for(manifest: dict[str, Any], said: str) -> None:
    found, api = searches()
    with pytest.raises(InvalidInput, match=said):
        found.submit(manifest)
    assert api.asked == []


def failure(status: int, body: str = "") -> ApiException:
    error = ApiException(status=status, reason="Reason")
    error.body = body
    return error


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (failure(404), InvalidInput, "there is no nassearch 's' in namespace 'team'"),
        (failure(422, '{"message": "spec.budget.maxTrials: too small"}'), InvalidInput, "spec.budget.maxTrials"),
        (failure(422, "[]"), InvalidInput, "422 Reason"),
        (failure(403), SearchUnreadable, "denied access to nassearch 's'"),
        (failure(503), ApiUnreachable, "503 Reason"),
        (OSError("no route"), ApiUnreachable, "no route"),
    ],
)
def test_what_goes_wrong_is_explained(error: Exception, kind: type[Exception], said: str) -> None:
    found, _ = searches(error)
    with pytest.raises(kind, match=said):
        found.change("s", {})


def test_every_kind_has_its_plural() -> None:
    assert asking.PLURALS == {"nassearch": "nassearches"}
