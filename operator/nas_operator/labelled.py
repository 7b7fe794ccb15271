"""Secrets and ConfigMaps that a search's template names: only with an allowed name, and only when labelled for trials.

Kubelet gives a pod whatever its template names, also what RBAC keeps from whoever wrote the search. So the platform
team names what trials may use (the operator's role has the same list), and an owner labels it, as the Secret of a
storage. Checked before each Job is made: who takes the label off stops the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas_core.api.template import TrialTemplate
from nas_core.records.names import SECRET_USE_TRIAL
from nas_operator.errors import ApiError, NotLabelled
from nas_operator.kube.client import CONFIG_MAPS, SECRETS, Client, Resource, path
from nas_operator.kube.labelled_secret import why_unmarked
from nas_operator.settings import Settings


@dataclass(frozen=True)
class _Kind:
    name: str
    resource: Resource
    chart_value: str


_SECRET = _Kind("Secret", SECRETS, "trials.secretNames")
_CONFIG_MAP = _Kind("ConfigMap", CONFIG_MAPS, "trials.configMapNames")


async def require_labelled(client: Client, settings: Settings, namespace: str, template: TrialTemplate) -> None:
    """Return if trials may use all that the template names.

    Raises:
        NotLabelled: if they may not use one of it, or it is not there; the message says what to do.
        ApiError: if the API server denied it for another reason.
    """
    secrets = [source.secret_ref.name for source in template.env_from if source.secret_ref]
    secrets += [volume.secret.secret_name for volume in template.volumes if volume.secret]
    maps = [source.config_map_ref.name for source in template.env_from if source.config_map_ref]
    maps += [volume.config_map.name for volume in template.volumes if volume.config_map]
    for name in dict.fromkeys(secrets):
        await _require(client, _SECRET, namespace, name, settings.trial_secret_names)
    for name in dict.fromkeys(maps):
        await _require(client, _CONFIG_MAP, namespace, name, settings.trial_config_map_names)


async def _require(client: Client, kind: _Kind, namespace: str, name: str, allowed: tuple[str, ...]) -> None:
    # Before any request: the list holds even where the operator's role would allow more.
    if name not in allowed:
        those = f"one of {', '.join(allowed)}" if allowed else "none"
        raise NotLabelled(
            f"spec.trialTemplate names the {kind.name} {name!r}, and trials may use {those}; use another, or ask the "
            f"platform team to add it ({kind.chart_value} of the chart)"
        )
    try:
        metadata = await client.metadata(path(kind.resource, namespace, name))
    except ApiError as error:
        if error.status == 404:
            raise NotLabelled(
                f"spec.trialTemplate names the {kind.name} {name!r}, which is not in namespace {namespace!r}; create it"
            ) from error
        if error.status == 403:
            raise NotLabelled(
                f"the operator's role does not let it read the {kind.name} {name!r} in namespace {namespace!r}, which "
                f"spec.trialTemplate names; ask the platform team ({kind.chart_value} of the chart)"
            ) from error
        raise
    if unmarked := why_unmarked(kind.name.lower(), namespace, name, metadata, SECRET_USE_TRIAL, "trials"):
        raise NotLabelled(f"the {kind.name} {name!r} of spec.trialTemplate {unmarked}")
