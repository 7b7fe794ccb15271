from __future__ import annotations

from tests.support.factories import meta

from nas_operator.manifests.service import build_service


def test_it_names_the_pods_of_its_search_before_they_are_ready_and_goes_with_it() -> None:
    made = build_service(meta("s"))
    assert made["metadata"]["name"] == "nas-s" and made["metadata"]["namespace"] == "ns"
    [owner] = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("NASSearch", "uid-s")
    spec = made["spec"]
    assert spec["clusterIP"] == "None" and spec["publishNotReadyAddresses"] is True
    assert spec["selector"] == {"nas-operator.io/search-uid": "uid-s"}
