"""What policies refuse outright: images, node selectors, and trials with more GPUs than may be used at all.

The policies of a namespace all hold: what one of them refuses is refused. Each message names policy, field, value and
what is allowed. S3 servers are refused where buckets are opened (`nas_operator.limits.endpoints`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from nas_core.api.search import NASSearchSpec
from nas_core.quantities import count_gpus
from nas_core.records.policy import PolicyView

_SHOWN = 8


def refusal(policies: Sequence[PolicyView], spec: NASSearchSpec, default_image: str) -> str | None:
    """Return why no trial of a search may run, None if nothing is against it.

    Args:
        policies: those of its namespace.
        spec: of the search.
        default_image: image of trials whose search names none; it is always allowed.
    """
    return next((why for policy in policies for why in _refusals(policy, spec, default_image)), None)


def _refusals(policy: PolicyView, spec: NASSearchSpec, default_image: str) -> Iterator[str]:
    template, limits = spec.trial_template, policy.spec
    image, images = template.image or default_image, limits.allowed_images
    asked = _Image.of(image)
    if images is not None and image != default_image and not any(_allows_image(one, asked) for one in images):
        yield refused(policy, "allowedImages", "spec.trialTemplate.image", image, images)
    if limits.allowed_node_selectors is not None:
        for key, value in template.node_selector.items():
            if key not in limits.allowed_node_selectors and f"{key}={value}" not in limits.allowed_node_selectors:
                where, entry = "spec.trialTemplate.nodeSelector", f"{key}={value}"
                yield refused(policy, "allowedNodeSelectors", where, entry, limits.allowed_node_selectors)
    gpus = count_gpus(template.resources.limits)
    if limits.max_gpus is not None and gpus > limits.max_gpus:
        yield (
            f"NASPolicy {policy.meta.name} (maxGPUs) does not allow {gpus} GPUs a trial in "
            f"spec.trialTemplate.resources.limits: at most {limits.max_gpus} may be used in this namespace; ask for "
            "fewer, or ask the platform team to raise it"
        )


def refused(policy: PolicyView, limit: str, field: str, value: str, allowed: Sequence[str]) -> str:
    """Say that a policy's ``limit``, a field of its spec, does not allow the value of a search's field."""
    shown = ", ".join(allowed[:_SHOWN]) + (f" and {len(allowed) - _SHOWN} more" if len(allowed) > _SHOWN else "")
    return (
        f"NASPolicy {policy.meta.name} ({limit}) does not allow {value!r} in {field}; allowed: {shown or 'none'}. Use "
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
