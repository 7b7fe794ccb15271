"""What policies refuse outright: images, nodes, priorities, and trials with more GPUs than may be used at all.

The policies of a namespace all hold: what one of them refuses is refused. Each message names policy, field, value and
what is allowed. S3 servers are refused where buckets are opened (`nas_operator.limits.endpoints`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from nas_core.api.search import NASSearchSpec
from nas_core.api.supernet_rules import supernet_epochs
from nas_core.api.template import TrialTemplate
from nas_core.records.policy import PolicyView
from nas_plan.limits.grants import account_refusal
from nas_plan.limits.month import HOUR_S, needed
from nas_plan.limits.words import listed


def refusal(policies: Sequence[PolicyView], spec: NASSearchSpec, default_image: str) -> str | None:
    """Return why no trial of a search may run, None if nothing is against it.

    Args:
        policies: those of its namespace.
        spec: of the search.
        default_image: image of trials whose search names none; it is always allowed.
    """
    beyond = (why for policy in policies for why in _of_gpus(policy, spec))
    return template_refusal(policies, spec.trial_template, default_image) or next(beyond, None)


def template_refusal(policies: Sequence[PolicyView], template: TrialTemplate, default_image: str) -> str | None:
    """Return why no pod may be made from a template, be it of a trial or of a model; arguments as in `refusal`."""
    found = next((why for policy in policies for why in _of_template(policy, template, default_image)), None)
    return found or account_refusal(policies, template)


def _of_template(policy: PolicyView, template: TrialTemplate, default_image: str) -> Iterator[str]:
    limits = policy.spec
    if (images := limits.allowed_images) is not None:
        for field, image in _images(template):
            if image != default_image and not any(_allows_image(one, _Image.of(image)) for one in images):
                yield refused(policy, "allowedImages", field, image, images)
    if (selectors := limits.allowed_node_selectors) is not None:
        for field, key, entries in _nodes(template):
            if key not in selectors and not (entries and set(entries) <= set(selectors)):
                yield refused(policy, "allowedNodeSelectors", field, ", ".join(entries) or key, selectors)
    classes, named = limits.allowed_priority_classes, template.priority_class_name
    if classes is not None and named is not None and named not in classes:
        yield refused(policy, "allowedPriorityClasses", "spec.trialTemplate.priorityClassName", named, classes)


def _of_gpus(policy: PolicyView, spec: NASSearchSpec) -> Iterator[str]:
    limits, gpus = policy.spec, spec.trial_template.gpus
    if limits.max_gpu_hours_per_month is not None and gpus:
        yield from _of_month(policy, spec, float(limits.max_gpu_hours_per_month))
    if limits.max_gpus is not None and gpus > limits.max_gpus:
        yield (
            f"NASPolicy {policy.meta.name} (maxGPUs) does not allow {gpus} GPUs a trial in "
            f"spec.trialTemplate.resources.limits: at most {limits.max_gpus} may be used in this namespace; ask for "
            "fewer, or ask the platform team to raise it"
        )


def _of_month(policy: PolicyView, spec: NASSearchSpec, hours: float) -> Iterator[str]:
    """Yield why what a trial uses cannot be set aside."""
    asks = f"NASPolicy {policy.meta.name} (maxGPUHoursPerMonth) sets aside what a trial may use"
    if spec.evaluation.max_trial_duration is None:
        yield f"{asks}; add evaluation.maxTrialDuration (a search that has trials cannot: create a new one)"
    elif supernet_epochs(spec) and spec.budget.max_gpu_hours is None:
        yield f"{asks}, and only budget.maxGPUHours bounds how long a supernet is trained; add that"
    elif (most := needed(spec) / HOUR_S) > hours:
        yield (
            f"{asks}: one of this search may need {most:.4g} GPU-hours, and {hours:.4g} are allowed in a month. Lower "
            "evaluation.maxTrialDuration, the GPUs of a trial or, of a search that trains a supernet, "
            "budget.maxGPUHours, or ask the platform team to raise it"
        )


def _images(template: TrialTemplate) -> Iterator[tuple[str, str]]:
    """Yield the images that are named, each with its field."""
    if template.image is not None:
        yield "spec.trialTemplate.image", template.image
    for place, container in enumerate(template.init_containers):
        if container.image is not None:
            yield f"spec.trialTemplate.initContainers[{place}].image", container.image


def _nodes(template: TrialTemplate) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what nodes are chosen by: field, key, and key=value of each value; none where it is not about values."""
    for key, value in template.node_selector.items():
        yield "spec.trialTemplate.nodeSelector", key, [f"{key}={value}"]
    for one in _expressions(template.affinity.node_affinity if template.affinity else None):
        values = one.get("values") if one.get("operator") == "In" else None
        key, listed = str(one["key"]), values if isinstance(values, list) else []
        yield "spec.trialTemplate.affinity.nodeAffinity", key, [f"{key}={value}" for value in listed]


def _expressions(part: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what has a key, however deep: required or preferred, by labels or by fields."""
    if isinstance(part, Mapping):
        if "key" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _expressions(inner)


def refused(policy: PolicyView, limit: str, field: str, value: str, allowed: Sequence[str]) -> str:
    """Say that a policy's ``limit``, a field of its spec, does not allow the value of a search's field."""
    return (
        f"NASPolicy {policy.meta.name} ({limit}) does not allow {value!r} in {field}; allowed: {listed(allowed)}. Use "
        "one of these, or ask the platform team to add it"
    )


@dataclass(frozen=True)
class _Image:
    """An image as it is written, in its parts; what is not there is empty."""

    name: str
    tag: str
    digest: str

    @classmethod
    def of(cls, text: str) -> Self:
        rest, _, digest = text.partition("@")
        # A colon before the last slash belongs to the port of the registry.
        folder, slash, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        return cls(folder + slash + last, tag, digest)


def _allows_image(entry: str, image: _Image) -> bool:
    if entry.startswith("sha256:"):
        return image.digest == entry
    if entry.endswith("/"):
        return image.name.startswith(entry)
    allowed = _Image.of(entry)
    if allowed.digest:
        return (image.name, image.digest) == (allowed.name, allowed.digest)
    if allowed.tag:
        # Who pulls goes by the digest and passes over the tag, so with one the tag says nothing.
        return (image.name, image.tag, image.digest) == (allowed.name, allowed.tag, "")
    return image.name == allowed.name or image.name.startswith(f"{allowed.name}/")
