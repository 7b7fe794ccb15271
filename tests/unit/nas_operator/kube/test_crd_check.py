from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.support.job_kinds import job_kind
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.crd.schema import custom_resource_definitions
from nas_operator.kube.client import CRDS, Client, path
from nas_operator.kube.crd_check import OutdatedCRD, require_current_crds, require_kinds

Served = tuple[ApiServer, Client]


def install(api: ApiServer) -> dict[str, dict[str, Any]]:
    """Return the CRDs that the server has from now on, by their plural."""
    crds = copy.deepcopy(custom_resource_definitions())
    return {crd["spec"]["names"]["plural"]: api.add(path(CRDS), crd) for crd in crds}


async def test_the_operators_own_crds_are_current(served: Served) -> None:
    api, client = served
    install(api)
    await require_current_crds(client)


async def test_a_crd_that_is_not_there_is_named_with_the_remedy(served: Served) -> None:
    _, client = served
    with pytest.raises(OutdatedCRD, match=r"nassearchspaces\.nas-operator\.io is not installed; apply crds/"):
        await require_current_crds(client)


async def test_an_older_crd_is_refused_with_what_it_lacks(served: Served) -> None:
    """Without the fields of one strategy, as a CRD from before it: nobody had to raise a number."""
    api, client = served
    [version] = install(api)["nassearches"]["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    del spec["strategy"]["properties"]["bayesian"]
    with pytest.raises(OutdatedCRD, match=r"nassearches.* has no spec\.strategy\.bayesian; apply crds/"):
        await require_current_crds(client)
    spec["evaluation"]["properties"] = {}
    with pytest.raises(OutdatedCRD, match=r"and \d+ more; apply crds/"):
        await require_current_crds(client)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_kind_of_the_chart_that_the_cluster_has_not_is_named(served: Served, status: int) -> None:
    api, client = served
    await require_kinds(client, {"group": job_kind()}, "ns")
    api.faults["GET", "/jobgroups"] = (status, "no")
    with pytest.raises(OutdatedCRD, match=rf"jobgroups of /apis/example\.org/v1, .*\({status}\); install it"):
        await require_kinds(client, {"group": job_kind()}, "ns")
    await require_kinds(client, {}, "ns")
