"""The search space of a :class:`Macro`: its decisions, its text, and the blueprint of an architecture.

Decisions: ``scale``, ``width`` and ``resolution`` of the network; ``s1.depth`` and ``s1.width`` of a stage; ``op``,
``kernel``, ``expansion``, ``se`` and ``heads`` of a layer (``s1.l0.op``) or, where a stage decides for all its layers
at once, of the stage (``s1.op``). With one value there is no decision. What a block does not have is absent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from nas_core.api.types import TEXT_LENGTH
from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, When, when
from nas_core.spaces.stages import DEPTH, DIMENSIONS, RESOLUTION, WIDTH, Blueprint, Layer, Macro, Stage, channels

_WORD = re.compile(r"([a-z]+)=([0-9.]+)|s([0-9]+)\(([0-9]+),([^\s()]+)\)")
_LAYER = re.compile(r"(?:([0-9]+)x)?([a-z-]+):(?:k([0-9]+))?(?:e([0-9]+))?(se)?(?:h([0-9]+))?")


class StagesSpace(SearchSpace):
    """Networks in stages.

    Raises:
        ValueError: if architectures would be too long for the status; the message says what to do.
    """

    def __init__(self, name: str, macro: Macro) -> None:
        self.macro = macro
        super().__init__(name, list(_decisions(macro)))
        if (longest := _longest(macro)) > TEXT_LENGTH:
            raise ValueError(
                f"space {name!r}: an architecture would take up to {longest} characters of {TEXT_LENGTH}; have fewer "
                "stages, fewer layers a stage (depth), or stages that decide for all layers at once (perLayer: false)"
            )

    def blueprint(self, architecture: Architecture) -> Blueprint:
        """Return the network that the decisions mean."""
        macro = self.macro
        scale = int(self._decided(architecture, "scale"))
        wider = float(self._decided(architecture, "width")) * WIDTH**scale

        def widened(width: int) -> int:
            return width if wider == 1 else channels(wider * width)

        stages = []
        for number, stage in enumerate(macro.stages, start=1):
            layers = self._layers(architecture, number, stage)
            built = []
            # Rounded first: a product that should be whole may come out just above it, and would be one layer more.
            for place in range(math.ceil(round(DEPTH**scale * len(layers), 6))):
                # What compound scaling adds is like the last layer that was decided.
                layer = layers[min(place, len(layers) - 1)]
                stride = stage.stride if place == 0 else 1
                built.append(replace(layer, width=widened(layer.width), stride=stride))
            stages.append(tuple(built))
        return Blueprint(
            stem=widened(macro.stem),
            stages=tuple(stages),
            head=widened(macro.head),
            activation=macro.activation,
            resolution=float(self._decided(architecture, "resolution")) * RESOLUTION**scale,
        )

    def canonical(self, architecture: Architecture) -> str:
        """Return all of the network: decisions that lead to the same one agree."""
        return self.blueprint(architecture).form

    def text(self, architecture: Architecture) -> str:
        """Return what was decided and what was given: ``resolution=0.75 s1(16,mbconv:k3e1) s2(24,mbconv:k5e6,…) …``.

        A stage shows its width and its layers; one that decides for all at once how many: ``s2(24,3xmbconv:k5e6)``.
        """
        words = [f"{name}={architecture[name]}" for name in self.macro.choices if name in architecture]
        for number, stage in enumerate(self.macro.stages, start=1):
            layers = self._layers(architecture, number, stage)
            codes = [layer.code for layer in layers]
            shown = ",".join(codes) if stage.per_layer else f"{len(codes)}x{codes[0]}"
            words.append(f"s{number}({layers[0].width},{shown})")
        return " ".join(words)

    @property
    def longest_text(self) -> int:
        """Characters of the text with all stages at their deepest."""
        return _longest(self.macro)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        read: dict[str, str] = {}
        for word in text.split(" "):
            match = _WORD.fullmatch(word)
            if not match:
                raise ArchitectureError(
                    f"{word[:100]!r} in {text[:100]!r} is not of the form name=value or s1(width,layer,…)"
                )
            if match[1]:
                read[match[1]] = match[2]
            else:
                read |= _read_stage(f"s{match[3]}", match[4], match[5])
        # What has one value is in the text but is no decision; that it is right, the comparison below shows.
        names = {decision.name for decision in self.decisions}
        architecture = {name: value for name, value in read.items() if name in names}
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(
                f"{text[:TEXT_LENGTH]!r} is not a text of {self.name}; write {self.text(architecture)!r}"
            )
        return {decision.name: architecture[decision.name] for decision in self.active(architecture)}

    def _decided(self, architecture: Architecture, name: str) -> str:
        return architecture[name] if name in architecture else self.macro.choices[name][0]

    def _layers(self, architecture: Architecture, number: int, stage: Stage) -> list[Layer]:
        """Return the layers of a stage as decided, before anything is scaled."""
        depth = int(architecture.get(f"s{number}.depth", stage.depth[0]))
        width = int(architecture.get(f"s{number}.width", stage.widths[0]))
        layers = []
        for place in range(depth):
            prefix = f"s{number}.l{place}" if stage.per_layer else f"s{number}"
            settings = {name: architecture.get(f"{prefix}.{name}", one[0]) for name, one in stage.choices.items()}
            layers.append(_layer(settings, width))
        return layers


def _decisions(macro: Macro) -> Iterator[Decision]:
    for name, options in macro.choices.items():
        if len(options) > 1:
            yield Choice(name, options)
    for number, stage in enumerate(macro.stages, start=1):
        prefix, (least, most) = f"s{number}", stage.depth
        if least != most:
            yield Integer(f"{prefix}.depth", least, most)
        if len(stage.widths) > 1:
            yield Choice(f"{prefix}.width", tuple(map(str, stage.widths)))
        if not stage.per_layer:
            yield from _of_layer(prefix, stage, None)
            continue
        for place in range(most):
            # The first layers, up to the least depth, are there whatever is decided.
            there = when(f"{prefix}.depth", *range(place + 1, most + 1)) if place >= least else None
            yield from _of_layer(f"{prefix}.l{place}", stage, there)


def _of_layer(prefix: str, stage: Stage, there: When | None) -> Iterator[Decision]:
    for name, options in stage.choices.items():
        if len(options) == 1:
            continue
        having = [block for block in stage.blocks if name == "op" or name in DIMENSIONS[block]]
        if len(having) == len(stage.blocks):
            yield Choice(f"{prefix}.{name}", options, when=there)
        elif having:
            # Without `there`: the decision op, which this one waits for, waits for the layer.
            yield Choice(f"{prefix}.{name}", options, when=when(f"{prefix}.op", *having))


def _layer(settings: dict[str, str], width: int) -> Layer:
    """Return the layer of a block with those settings that it has."""
    [block] = [block for block in DIMENSIONS if block == settings["op"]]
    has = DIMENSIONS[block]
    return Layer(
        block,
        width,
        kernel=int(settings["kernel"]) if "kernel" in has else 0,
        expansion=int(settings["expansion"]) if "expansion" in has else 0,
        squeeze="se" in has and settings["se"] == "yes",
        heads=int(settings["heads"]) if "heads" in has else 0,
    )


def _read_stage(prefix: str, width: str, inside: str) -> dict[str, str]:
    read = {f"{prefix}.width": width}
    words = inside.split(",")
    read[f"{prefix}.depth"] = str(len(words))
    for place, word in enumerate(words):
        match = _LAYER.fullmatch(word)
        if not match:
            raise ArchitectureError(f"{word[:100]!r} in {prefix} is not of the form block:settings, as mbconv:k3e6se")
        times, block, kernel, expansion, se, heads = match.groups()
        if times:
            read[f"{prefix}.depth"] = times
        layer = prefix if times else f"{prefix}.l{place}"
        # An unknown block is found later, by `validate` or by the comparison of the texts.
        has = next((names for name, names in DIMENSIONS.items() if name == block), ())
        settings = {"kernel": kernel, "expansion": expansion, "se": "yes" if se else "no", "heads": heads}
        read[f"{layer}.op"] = block
        read |= {f"{layer}.{name}": value for name, value in settings.items() if name in has and value}
    return read


def _longest(macro: Macro) -> int:
    """Return a bound on the length of a text."""
    length = sum(len(name) + 2 + max(map(len, options)) for name, options in macro.choices.items() if len(options) > 1)
    for number, stage in enumerate(macro.stages, start=1):
        longest = {name: max(options, key=len) for name, options in stage.choices.items()}
        code = max(len(_layer({**longest, "op": block}, 1).code) for block in stage.blocks)
        layers = stage.depth[1] * (code + 1) if stage.per_layer else code + 4
        length += len(f"s{number}( ") + len(str(max(stage.widths))) + 1 + layers
    return length
