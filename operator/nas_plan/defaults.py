"""Chooses what a search leaves open: space, metric, optimiser, batch size, learning rate, epochs, and which one counts.

`nas_plan.resolve` asks for it until the search has trials: before its data are prepared by what is known of them,
afterwards by what was found. Each choice has a reason. Then `status.plan.chosen` is the record, and nothing is chosen
again. Whatever the user sets is left alone. Where a trainer of the user's own trains, or a table is asked, nothing is
chosen.

`benchmarks.defaults` measures what such searches reach (docs/defaults.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nas_core.api.own_trainer import has_own_trainer
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting
from nas_core.api.space_names import Inputs, SpaceName
from nas_core.api.surrogate_rules import predicts
from nas_core.api.task_rules import INPUTS
from nas_core.api.trial import DatasetSummary
from nas_core.records.chosen import complete, is_open
from nas_plan.targets import most_tried
from nas_search.scoring import RANDOM_FIRST, scoring_of

SPACE_FOR: Mapping[Inputs, SpaceName] = {
    "images": "nas-bench-201",
    "texts": "text-transformer",
    "sound or time series": "speech-cnn-rnn",
    "tables": "tabular",
    "several inputs": "multi-modal",
}
MODALITIES: Mapping[str, str] = {"image": "image", "text": "text", "numeric": "tabular", "categorical": "tabular"}
"""Of an input of prepared data."""
BUILT_IN_ROWS: Mapping[str, int] = {"digits": 1797, "breast-cancer": 569, "diabetes": 442}
"""Examples of the data sets of the trial image, which are not prepared."""

SMALL = 10_000
"""Training examples below which data are small: adaptive steps are safer, and deep networks learn no more."""
BY_HEART = 2_000
"""Training examples below which networks soon learn them by heart. Above, training a winner again on the validation
examples too is worth more than choosing its epoch by them (a search of 6,000 images: 0.838 instead of 0.830)."""
LEAST_STEPS = 300
FEWEST_EPOCHS, MOST_EPOCHS = 10, 50
LEAST_PATIENCE, PATIENCE_SHARE = 5, 1 / 3
"""Epochs to wait for a better one: a share of all, but so many at least, as few validation examples are noisy."""
SMALLEST_BATCH, USUAL_BATCH, LARGEST_BATCH = 8, 32, 128
PACKED_UNTRAINED = 16
"""Candidates of a trial that need no training of their own."""
BATCHES, FEWEST_BATCHES = 20, 8
"""Steps in an epoch: so many if batches are larger than usual, and at least so many if they are not the smallest."""
IMBALANCED, LARGE = 1.5, 0.3
"""A class is too frequent for accuracy with so many times its even share, and that share of all."""

Choice = tuple[str, str] | None
"""A value as text and the reason; None: nothing is chosen."""


@dataclass(frozen=True)
class Facts:
    """What is known of the data."""

    examples: int | None = None
    """Training examples."""
    classes: int | None = None
    largest_class: float | None = None
    inputs: frozenset[str] = frozenset()
    space_is_given: bool = False
    """Whether the spec names a space."""

    @property
    def small(self) -> bool:
        """Whether it is known that there are few examples."""
        return self.examples is not None and self.examples < SMALL

    @property
    def by_heart(self) -> bool:
        """Whether it is known that there are so few that a network learns them by heart."""
        return self.examples is not None and self.examples < BY_HEART

    @property
    def size(self) -> str:
        """The number of training examples in words."""
        return f"{self.examples:,} training examples"


def choose_settings(spec: NASSearchSpec, dataset: DatasetSummary | None) -> tuple[ChosenSetting, ...]:
    """Return what is chosen for the fields that a spec leaves open; ``dataset`` is what was prepared, if known."""
    if has_own_trainer(spec):
        return ()
    return _choose(spec, _facts(spec, dataset))


def _choose(spec: NASSearchSpec, facts: Facts) -> tuple[ChosenSetting, ...]:
    searched = {decision.name for decision in spec.hyperparameters}
    chosen: list[ChosenSetting] = []
    for field, choose in RULES.items():
        if is_open(spec, field) and field.rpartition(".")[2] not in searched and (choice := choose(spec, facts)):
            value, reason = choice
            chosen.append(ChosenSetting(field=field, value=value, reason=reason))
            # Those that follow depend on it.
            spec = complete(spec, chosen[-1:])
    return tuple(chosen)


def _facts(spec: NASSearchSpec, dataset: DatasetSummary | None) -> Facts:
    given, space = spec.task.dataset, spec.search_space
    named = space.ref is not None or space.member is not None
    if dataset is not None:
        inputs = frozenset(dataset.inputs)
        return Facts(dataset.training, dataset.classes, dataset.largest_class, inputs, named)
    rows = BUILT_IN_ROWS.get(given.name or "")
    if rows is None:
        return Facts(space_is_given=named)
    # The test split is taken first, then maxExamples counts, then the validation split is taken.
    rest = rows * (1 - float(given.test_fraction or 0))
    training = min(rest, given.max_examples or rest) * (1 - float(given.validation_fraction))
    return Facts(round(training), space_is_given=named)


def _space(spec: NASSearchSpec, facts: Facts) -> Choice:
    if facts.space_is_given:
        return None
    inputs = INPUTS.get(spec.task.type, "several inputs")
    return SPACE_FOR[inputs], f"a space for {inputs}, which task.type {spec.task.type} has"


def _depth(spec: NASSearchSpec, facts: Facts) -> Choice:
    if facts.space_is_given or spec.search_space.name != "nas-bench-201" or not facts.small:
        return None
    return "1", f"{facts.size}: few data learn nothing more from a deeper network, which takes several times as long"


def _modalities(spec: NASSearchSpec, facts: Facts) -> Choice:
    found = dict.fromkeys(MODALITIES[name] for name in MODALITIES if name in facts.inputs)
    if spec.search_space.ref or spec.search_space.name != "multi-modal" or len(found) < 2:
        return None
    return ", ".join(found), "the inputs that the data have"


def _objectives(spec: NASSearchSpec, facts: Facts) -> Choice:
    if spec.task.type == "regression":
        return "val_r2", "the share of the variance that is explained has no unit"
    if spec.task.multi_label:
        return "val_f1", "of several labels most are absent, so that accuracy is high without any skill"
    if facts.largest_class and facts.classes and facts.largest_class >= max(IMBALANCED / facts.classes, LARGE):
        share = f"{facts.largest_class:.0%} of the examples are of one of {facts.classes} classes"
        return "val_balanced_accuracy", f"{share}: whoever always says that one would have that accuracy"
    return "val_accuracy", "the share of examples whose class is right"


def _retrain_optimizer(spec: NASSearchSpec, facts: Facts) -> Choice:
    evaluation = spec.evaluation
    said = evaluation.optimizer.name or evaluation.optimizer.learning_rate
    if said or evaluation.supernet is None or spec.task.type != "image-classification":
        return None
    alone = evaluation.model_copy(update={"supernet": None})
    from_scratch = spec.model_copy(update={"evaluation": alone, "retrain": None})
    chosen = {one.field: one.value for one in _choose(from_scratch, facts)}
    fields = ("evaluation.optimizer.name", "evaluation.optimizer.learningRate")
    value = ", ".join(chosen[field] for field in fields if field in chosen)
    return value, "for training from scratch; what is chosen for shared weights is for these"


def _optimizer(spec: NASSearchSpec, facts: Facts) -> Choice:
    if spec.task.type != "image-classification":
        return "adamw", "for data other than images"
    if spec.evaluation.supernet is not None:
        return "adamw", "a step trains some of the shared weights, and with sgd those that are rarely drawn lag behind"
    if facts.small:
        return "adamw", f"{facts.size}: in few steps it is less sensitive to the learning rate than sgd"
    return "sgd", "for many images, or if their number is not known"


def _batch_size(_: NASSearchSpec, facts: Facts) -> Choice:
    if facts.examples is None:
        return None
    wanted = min(LARGEST_BATCH, max(USUAL_BATCH, facts.examples // BATCHES))
    most = max(SMALLEST_BATCH, min(wanted, facts.examples // FEWEST_BATCHES))
    # A power of two, as devices compute best with.
    return str(2 ** int(math.log2(most))), (
        f"{facts.size}: a twentieth of them, from {USUAL_BATCH} to {LARGEST_BATCH}, but an eighth at most: smaller "
        "batches learn more noise"
    )


def _learning_rate(spec: NASSearchSpec, facts: Facts) -> Choice:
    evaluation = spec.evaluation
    if evaluation.optimizer.name == "adamw":
        if evaluation.supernet is not None and spec.task.type == "image-classification":
            return "0.004", "shared weights of images ranked networks better than with adamw's usual 0.001"
        if facts.small:
            return "0.002", f"{facts.size}: there are few steps, so they are larger than adamw's usual 0.001"
        return "0.001", "adamw's usual rate"
    if spec.task.type != "image-classification":
        return "0.01", "sgd's usual 0.1 is for images; with other data training often diverges with it"
    rate = 0.1 * min(1.0, evaluation.batch_size / LARGEST_BATCH)
    return f"{rate:.4g}", f"0.1 of sgd with batches of {LARGEST_BATCH}, in proportion to the batch size"


def _epochs(spec: NASSearchSpec, facts: Facts) -> Choice:
    evaluation, rungs = spec.evaluation, spec.strategy.rungs
    # What the spec says of epochs has to fit in.
    least = max(
        evaluation.optimizer.warmup_epochs + 1,
        evaluation.early_stopping.min_epochs + 1 if evaluation.early_stopping else 1,
        rungs.min_epochs * rungs.reduction_factor if rungs else 1,
    )
    if facts.examples is None:
        if least <= FEWEST_EPOCHS:
            return None
        return str(least), "the least that warmupEpochs, earlyStopping.minEpochs or strategy.rungs need"
    steps = math.ceil(facts.examples / evaluation.batch_size)
    wanted = min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(LEAST_STEPS / steps)))
    if least > wanted:
        return str(least), "the least that warmupEpochs, earlyStopping.minEpochs or strategy.rungs need"
    reason = f"{LEAST_STEPS:,} steps, of which an epoch has {steps:,}, in {FEWEST_EPOCHS} to {MOST_EPOCHS} epochs"
    return str(wanted), reason


def _report(_: NASSearchSpec, facts: Facts) -> Choice:
    if not facts.by_heart:
        return None
    return "best", f"{facts.size}: a network soon learns few by heart, and then the last epoch is not the best"


def _patience(spec: NASSearchSpec, facts: Facts) -> Choice:
    if not facts.by_heart or spec.evaluation.report != "best":
        return None
    if spec.strategy.rungs or spec.evaluation.early_stopping:
        return None  # they end what is not worth going on
    epochs = max(LEAST_PATIENCE, math.ceil(spec.evaluation.epochs * PATIENCE_SHARE))
    return str(epochs), f"a third of the epochs, but {LEAST_PATIENCE} at least: what learns by heart need not go on"


def _candidates_per_trial(spec: NASSearchSpec, _: Facts) -> Choice:
    if spec.evaluation.supernet is None and not predicts(spec):
        return None
    # All slots have work: one large pack would leave the others idle.
    packed = min(PACKED_UNTRAINED, math.ceil(most_tried(spec) / spec.budget.parallel_trials))
    if predicts(spec):
        return str(packed), "predictions take milliseconds, less than the record of a trial"
    return str(packed), "with shared weights a candidate takes seconds, less than the start of a pod"


def _random_candidates(spec: NASSearchSpec, _: Facts) -> Choice:
    if scoring_of(spec.strategy, spec.evaluation) is None or (tried := most_tried(spec)) >= 2 * RANDOM_FIRST:
        return None
    return str(tried // 2), "half of budget.maxTrials at most, so that the best scored ones are trained too"


RULES: Mapping[str, Callable[[NASSearchSpec, Facts], Choice]] = {
    "searchSpace.name": _space,
    "searchSpace.depth": _depth,
    "searchSpace.modalities": _modalities,
    "objectives": _objectives,
    # Before the search's own, which tells by then no more what the user has said.
    "retrain.optimizer": _retrain_optimizer,
    "evaluation.optimizer.name": _optimizer,
    "evaluation.batchSize": _batch_size,
    "evaluation.optimizer.learningRate": _learning_rate,
    "evaluation.epochs": _epochs,
    "evaluation.report": _report,
    "evaluation.patience": _patience,
    "evaluation.prefilter.randomCandidates": _random_candidates,
    "strategy.zeroCost.randomCandidates": _random_candidates,
    "evaluation.candidatesPerTrial": _candidates_per_trial,
}
"""One for each field that may be chosen, in the order in which they depend on one another."""
