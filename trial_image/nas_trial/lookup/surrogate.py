"""NAS-Bench-301 as YAHPO Gym's surrogate: a network in ONNX that predicts what DARTS's cells reach, epoch by epoch.

It takes 34 category codes and the epoch (1 to 98). The order of the codes is nowhere written down in the file; it is
inferred: the edges of the normal cell, those of the reduction cell, then the inputs of the nodes. Of the orders that
we tried it is the one under which the predicted run time follows most closely from the operations. Its outputs are
the validation accuracy, the loss, the seconds of training, and one that nobody names, which is left out.

References: Zela, Siems, Zimmer, Lukasik, Keuper & Hutter, "Surrogate NAS Benchmarks", ICLR 2022, arXiv:2008.09777;
Pfisterer, Schneider, Moosbauer, Binder & Bischl, "YAHPO Gym", AutoML 2022, arXiv:2109.03670.
"""

from __future__ import annotations

import itertools

import numpy as np

from nas_core.api.benchmark import Benchmark, MetricColumn
from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialInput
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.nas_bench_301 import OPS, NasBench301
from nas_trial.errors import CandidateRejected
from nas_trial.lookup.tabulated_curve import SECONDS, CurvePoint, LookUp, TabulatedCurve, judged, scaled

EPOCHS = 98
OUTPUTS = ("val_accuracy", "val_loss", SECONDS)
OP_CODES = {op: code for code, op in enumerate(sorted(OPS), start=1)}
"""0: there is no operation on the edge."""


def read(name: str, content: bytes, trial: TrialInput, benchmark: Benchmark) -> LookUp:
    """Return what predicts candidates.

    Raises:
        CandidateRejected: if the file is not this surrogate, or the search is not one that it knows.
    """
    import onnxruntime

    space, epochs = get_space(trial.space), trial.last_epoch
    columns = judged(
        benchmark.metrics or [MetricColumn(name=each, column=each) for each in OUTPUTS], trial.work, trial.proxies
    )
    seconds = benchmark.seconds_column or SECONDS
    if not isinstance(space, NasBench301):
        raise _invalid(f"{name} is for the space nas-bench-301, not {space.name}; set searchSpace.name")
    if any(candidate.hyperparameters for candidate in trial.candidates):
        raise _invalid(f"{name} has no hyperparameters; remove spec.hyperparameters")
    if any(column.epochs for column in columns):
        raise _invalid(f"{name} predicts each epoch; remove epochs from evaluation.benchmark.metrics")
    if epochs > EPOCHS:
        raise _invalid(f"{name} knows 1 to {EPOCHS} epochs, not {epochs}; lower evaluation.epochs or retrain.epochs")
    if unknown := [c for c in (*(column.column for column in columns), seconds) if c not in OUTPUTS]:
        raise _invalid(f"{name} has no output {unknown[0]!r}; it has {', '.join(OUTPUTS)}")
    try:
        session = onnxruntime.InferenceSession(content)
    except Exception as error:  # onnxruntime's own classes of errors have only this in common
        raise _invalid(f"{name} cannot be read as ONNX: {error}") from error
    if {one.name: one.shape[-1] for one in session.get_inputs()} != {"x_cat": 34, "x_cont": 1}:
        raise _invalid(f"{name} is no NAS-Bench-301 surrogate of YAHPO Gym: it has other inputs")

    def curve(candidate: CandidateSpec) -> TabulatedCurve:
        codes = np.tile(np.array(encode(space, candidate.architecture), np.int32), (epochs, 1))  # (epochs, 34)
        steps = np.arange(1, epochs + 1, dtype=np.float32)[:, None]  # (epochs, 1)
        [predicted] = session.run(None, {"x_cat": codes, "x_cont": steps})  # (epochs, 4)
        points = []
        for epoch, values in enumerate(predicted, start=1):
            # Not strict: the fourth output has no name.
            known = dict(zip(OUTPUTS, map(float, values), strict=False))
            metrics = {column.name: scaled(known[column.column], column) for column in columns}
            points.append(CurvePoint(epoch, known[seconds], metrics))
        return points

    return curve


def encode(space: NasBench301, architecture: Architecture) -> list[int]:
    """Return the 34 codes of an architecture.

    14 for the edges of each cell, in the order of the nodes they lead to and then of the states they come from: the
    operation, in the order of the alphabet from 1. Then three a cell: which pair of states the second, third and
    fourth node read, of all pairs in order, from 1.
    """
    edges, inputs = [], []
    for name in space.cells:
        for node, terms in zip(space.nodes, space.cell(architecture, name).nodes, strict=True):
            operations = {source: op for op, source in terms}
            edges += [OP_CODES[operations[state]] if state in operations else 0 for state in range(node)]
            # The first node has only two states to read from, and so no choice.
            if node > space.nodes.start:
                pairs = list(itertools.combinations(range(node), 2))
                (_, one), (_, other) = terms
                inputs.append(1 + pairs.index((one, other)))
    return edges + inputs


def _invalid(message: str) -> CandidateRejected:
    return CandidateRejected("BenchmarkInvalid", message)
