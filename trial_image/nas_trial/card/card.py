"""Writes card.md. Pure: from facts to text, with the same order of parts whatever the task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from nas_model.bundle.format import CARD
from nas_model.preprocessing.forms import NumbersForm
from nas_trial.card.facts import CardFacts
from nas_trial.card.markdown import number, plain, table
from nas_trial.card.pictures import names_of, pictures
from nas_trial.card.quality import ClassesQuality

MOST_ROWS = 50
"""Classes, or targets, that a table lists."""
MAIN = ("accuracy", "balanced_accuracy", "f1", "subset_accuracy", "roc_auc", "log_loss", "rmse", "mae", "r2")
"""Metrics by which exports are compared: the first of them that there are."""
COMPARED = 3
HOUR_S = 3600


def card_files(facts: CardFacts) -> dict[str, bytes]:
    """Return card.md and its pictures by name."""
    drawn = pictures(facts.quality)
    return {**drawn, CARD: _text(facts, list(drawn)).encode()}


def _text(facts: CardFacts, drawn: Sequence[str]) -> str:
    parts: dict[str, Callable[[CardFacts], Iterator[str]]] = {
        "Data": _data,
        "Results": _results,
        "By class" if isinstance(facts.quality, ClassesQuality) else "By target": _rows,
        "Exports": _exports,
        "Cost": _cost,
        "Limits": _limits,
        "Lineage": _lineage,
        "Load it": _loading,
    }
    lines = [
        f"# {plain(facts.title)}",
        "",
        f"Task: {plain(facts.manifest.task)}.",
        "",
        "```",
        facts.architecture,
        "```",
    ]
    for title, part in parts.items():
        if body := list(part(facts)):
            lines += ["", f"## {title}", "", *body]
        if title in ("By class", "By target"):
            for name, said in names_of(drawn).items():
                lines += ["", f"![{said}]({name})"]
    return "\n".join(lines) + "\n"


def _data(facts: CardFacts) -> Iterator[str]:
    classes = facts.preprocessing.classes[:MOST_ROWS]
    few = len(facts.preprocessing.classes) <= MOST_ROWS
    heads = ["split", "examples", *(plain(name) for name in classes if few)]
    rows = [[one.name, number(one.examples), *(number(n) for n in one.by_class if few)] for one in facts.splits]
    yield from table(heads, rows)
    if not few:
        yield f"\n{len(facts.preprocessing.classes):,} classes."
    yield ""
    signature = facts.preprocessing.signature
    for name, zeros in signature.zeros().items():
        shape = " x ".join(map(str, zeros.shape[1:]))
        yield f"- Input `{name}`: {shape}, {str(zeros.dtype).removeprefix('torch.')}"
    target = facts.preprocessing.target
    if isinstance(target, NumbersForm):
        for column, mean, deviation in zip(
            target.columns or ("target",) * len(target.mean), target.mean, target.deviation, strict=True
        ):
            yield f"- Target {plain(column)}: {number(mean)} on average, with a deviation of {number(deviation)}"
    if facts.manifest.origin.dataset_hash:
        yield f"- Hash of the data, before they were divided: `{facts.manifest.origin.dataset_hash}`"


def _results(facts: CardFacts) -> Iterator[str]:
    names = [name for name in facts.manifest.metrics if name.startswith(("test_", "val_"))]
    yield "What the trial measured of these weights. " + (
        "The test split was used for nothing else."
        if facts.judged == "test"
        else "There is no test split: the model was chosen by the validation split, so these numbers are optimistic."
    )
    yield ""
    simple = [each for each in facts.baseline if any(name in each.metrics for name in names)]
    if simple:
        yield f"Beside them stand simple models, fitted to {simple[0].examples:,} of the training examples."
        yield ""
    rows = [
        [f"`{name}`", number(facts.manifest.metrics[name])]
        + [number(each.metrics[name]) if name in each.metrics else "" for each in simple]
        for name in names
    ]
    yield from table(["metric", "value", *(each.name for each in simple)], rows)


def _rows(facts: CardFacts) -> Iterator[str]:
    quality, split = facts.quality, facts.judged
    if isinstance(quality, ClassesQuality):
        shown = (
            sorted(quality.rows, key=lambda row: row.f1)[:MOST_ROWS] if len(quality.rows) > MOST_ROWS else quality.rows
        )
        if len(shown) < len(quality.rows):
            yield f"The {MOST_ROWS} classes of {len(quality.rows):,} with the lowest F1, on the {split} split."
        else:
            yield f"On the {split} split."
        yield ""
        yield from table(
            ["class", "examples", "precision", "recall", "F1"],
            [[plain(r.name), number(r.examples), *(f"{v:.3f}" for v in (r.precision, r.recall, r.f1))] for r in shown],
        )
        yield ""
        yield (
            f"Expected calibration error: {quality.reliability.error:.3f}. It is how far confidence is from the share "
            "that is right, on average: 0 is perfect."
        )
        return
    yield f"On the {split} split, in the target's unit. Bias is the mean of predicted minus true."
    yield ""
    yield from table(
        ["target", "bias", "MAE", "RMSE", "half within", "nine tenths within"],
        [
            [plain(r.name), *(number(v) for v in (r.bias, r.mae, r.rmse, r.half_within, r.most_within))]
            for r in quality.rows[:MOST_ROWS]
        ],
    )


def _exports(facts: CardFacts) -> Iterator[str]:
    if not facts.exports or facts.network is None:
        return
    found = [name for name in MAIN if name in facts.network.metrics][:COMPARED]
    yield (
        f"Each was run over the {facts.judged} split beside the network, in float32. Difference is the largest of any "
        "output; latency is the median for one example on one thread of the processor of the pod that made the exports."
    )
    yield ""
    yield from table(
        ["export", "file", "bytes", "difference", *found, "latency, ms"],
        [
            [
                plain(one.about),
                f"`{one.file}`",
                number(one.bytes),
                f"{one.difference:.1e}",
                *(number(one.metrics[name]) if name in one.metrics else "-" for name in found),
                f"{one.latency_ms:.2f}",
            ]
            for one in (facts.network, *facts.exports)
        ],
    )
    yield ""
    yield "The files take raw values: " + _raw_inputs(facts) + "."
    outside = _outside(facts)
    if outside:
        yield ""
        yield "Outside of them, as `preprocessing.json` says and `nas_model` does: " + "; ".join(outside) + "."


def _raw_inputs(facts: CardFacts) -> str:
    found, form = [], facts.preprocessing
    if form.image:
        values = "bytes" if form.image.type == "uint8" else "float32"
        found.append(f"`image` as {values} ({form.image.channels} x {form.image.height} x {form.image.width})")
    if form.text:
        found.append(f"`text` as {form.text.length} codes of words, int64")
    if form.audio:
        found.append(f"`audio` as {form.audio.samples:,} samples between -1 and 1, {form.audio.rate:,} a second")
    if form.series:
        found.append(f"`series` in their units ({form.series.channels} x {form.series.steps}, NaN for none)")
    if form.numeric and form.numeric.columns:
        found.append(f"`numeric` in their units ({len(form.numeric.columns)} columns, float64, NaN for none)")
    if form.categorical and form.categorical.columns:
        found.append(f"`categorical` as codes ({len(form.categorical.columns)} columns, int64)")
    gives = "numbers in the target's unit" if isinstance(form.target, NumbersForm) else "logits"
    return ", ".join(found) + f"; and give {gives}"


def _outside(facts: CardFacts) -> list[str]:
    form, found = facts.preprocessing, []
    if form.image and form.image.size is not None:
        found.append(f"images are scaled and cut to {form.image.size} pixels")
    if form.text:
        found.append("words become codes")
    if form.audio:
        found.append("sound is mixed to one channel, brought to its rate, and cut or padded")
    if form.categorical and form.categorical.columns:
        found.append("categories become codes, 0 for those that training did not have")
    return found


def _cost(facts: CardFacts) -> Iterator[str]:
    metrics, origin = facts.manifest.metrics, facts.manifest.origin
    if "train_seconds" in metrics:
        seconds = metrics["train_seconds"]
        gpus = f"; {origin.gpus * seconds / HOUR_S:.3g} GPU-hours" if origin.gpus else ", without a GPU"
        yield f"- Training: {seconds:,.1f} s{gpus}"
    if origin.epochs:
        yield f"- Epochs: {origin.epochs:,}"
    for name, said in (
        ("parameters", "Parameters"),
        ("flops", "Multiply-adds for one example"),
        ("latency_ms", "Latency for one example where it was trained, ms"),
        ("peak_activation_bytes", "Largest memory of activations for one example, bytes"),
    ):
        if name in metrics:
            yield f"- {said}: {number(metrics[name])}"


def _limits(facts: CardFacts) -> Iterator[str]:
    yield "- It knows what its data held: check it on yours before you rely on it."
    if facts.judged != "test":
        yield "- There was no test split to judge it by."
    if facts.manifest.precision != "float32":
        yield f"- It was judged in {facts.manifest.precision}; exports compute in float32."
    for warning in facts.warnings:
        yield f"- {plain(warning, 600)}"


def _lineage(facts: CardFacts) -> Iterator[str]:
    origin = facts.manifest.origin
    known: Mapping[str, object] = {
        "search": f"{origin.namespace}/{origin.search} ({origin.search_uid})",
        "trial": f"{origin.trial}, attempt {origin.attempt}",
        "seed": origin.seed,
        "seed of the data's division": origin.data_seed,
        **facts.lineage,
        **{f"package {name}": version for name, version in origin.packages.items()},
    }
    yield from (f"- {plain(name)}: {plain(str(value), 300)}" for name, value in known.items())


def _loading(facts: CardFacts) -> Iterator[str]:
    yield "```python"
    yield "import nas_model"
    yield ""
    yield f'model = nas_model.load("{facts.address}")'
    yield "found = model.predict(data)"
    yield "```"
