"""Makes the files of a model for others: those of the bundle, the exports, the card, the BOM, the signature."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from nas_core.contract import SIGNING_KEY_ENV, ModelRequest
from nas_model.bundle.contents import manifest_content
from nas_model.bundle.format import MANIFEST, WEIGHTS, ExportEntry
from nas_trial.card.card import card_files
from nas_trial.card.facts import ExportFacts
from nas_trial.data.examples import Examples
from nas_trial.errors import CandidateRejected
from nas_trial.exporting.check import Checked, Checker, batches_of, run_network
from nas_trial.exporting.deployed import DeployedNetwork, Raw
from nas_trial.exporting.export import Export, Refused, export_all
from nas_trial.exporting.formats import EXPORTERS
from nas_trial.exporting.source import Source
from nas_trial.measuring.measure import contended
from nas_trial.process.device import cpu_limit
from nas_trial.provenance.bom import BOM, Material, bill_of_materials
from nas_trial.provenance.signing import SIGNATURE, KeyInvalid, signature_of
from nas_trial.work.attempt import Attempt
from nas_trial.work.bundle import Parts
from nas_trial.work.card import facts_of
from nas_trial.work.judging import judging_split, outputs_of
from nas_trial.work.model_source import CPU, ModelMaterial
from nas_trial.work.model_summary import published

CALIBRATION_EXAMPLES, CALIBRATION_BATCH = 256, 32
"""Training examples by which the ranges of int8 are chosen."""
NETWORK = "pytorch"
"""Name, among the formats, of the network itself."""


def make(attempt: Attempt, request: ModelRequest, material: ModelMaterial) -> tuple[dict[str, bytes], list[str]]:
    """Return all files by name, and what people should know: which exports could not be made.

    Raises:
        CandidateRejected: if the key cannot sign.
        Stopped: if asked to stop.
    """
    assert attempt.trial.storage is not None
    torch.set_num_threads(cpu_limit())
    parts, examples = material.parts, material.examples
    network = parts.network()
    judged, split = judging_split(examples)
    outputs = outputs_of(network, examples, split, CPU, torch.float32, attempt.alive)
    deployed = DeployedNetwork(network, parts.preprocessing).eval()
    checker = Checker(deployed, examples, split, attempt.alive)
    itself = Checked(0.0, checker.metrics(outputs), checker.latency_ms(run_network(deployed)))
    source = Source(deployed, _calibration(deployed, examples))
    made = list(export_all(request.exports, source, checker, outputs, attempt.alive))
    exports = [one for one in made if isinstance(one, Export)]
    warnings = [one.why for one in made if isinstance(one, Refused)]
    if contended(CPU):
        warnings.append("latencies were measured while others used the node's processors: they may be too long")
    address = f"s3://{attempt.trial.storage.bucket}/{request.prefix}"
    facts = replace(
        facts_of(
            parts.manifest,
            parts.architecture,
            parts.preprocessing,
            examples,
            outputs,
            address,
            [*warnings, *examples.warnings],
        ),
        title=f"{request.name} {request.version}",
        network=_facts("PyTorch, float32", WEIGHTS, len(material.copied[WEIGHTS]), itself),
        exports=[_facts(EXPORTERS[one.format].about, one.file, len(one.content), one.checked) for one in exports],
        lineage=request.lineage,
    )
    files = {**material.copied, **{one.file: one.content for one in exports}, **card_files(facts)}
    files[BOM] = _bom(request, parts, files[WEIGHTS])
    manifest = parts.manifest.model_copy(
        update={
            "model": published(request),
            "exports": [
                _entry(judged, NETWORK, WEIGHTS, itself),
                *(_entry(judged, one.format, one.file, one.checked) for one in exports),
            ],
        }
    )
    files[MANIFEST] = manifest_content(manifest, files)
    return {**files, **_signature(files)}, warnings


def _calibration(network: DeployedNetwork, examples: Examples) -> list[Raw]:
    """Return training examples, evenly over the whole split: the order of the data may be that of the classes."""
    rows = examples.train.in_order()
    chosen = rows[:: max(1, len(rows) // CALIBRATION_EXAMPLES)][:CALIBRATION_EXAMPLES]
    return [network.raw(batch.rows) for batch in batches_of(examples.train, CALIBRATION_BATCH, chosen)]


def _entry(judged: str, name: str, file: str, checked: Checked) -> ExportEntry:
    return ExportEntry(
        format=name,
        file=file,
        max_difference=checked.difference,
        metrics={f"{judged}_{metric}": value for metric, value in checked.metrics.items()},
        latency_ms=checked.latency_ms,
    )


def _facts(about: str, file: str, size: int, checked: Checked) -> ExportFacts:
    return ExportFacts(about, file, size, checked.difference, checked.metrics, checked.latency_ms)


def _bom(request: ModelRequest, parts: Parts, weights: bytes) -> bytes:
    origin, candidate = parts.manifest.origin, parts.architecture.candidate
    return bill_of_materials(
        Material(
            name=request.name,
            version=request.version,
            task=parts.manifest.task,
            architecture=candidate.text or str(candidate.architecture),
            weights_sha256=hashlib.sha256(weights).hexdigest(),
            dataset_hash=origin.dataset_hash,
            trained_by=origin.packages,
            properties={"search": f"{origin.namespace}/{origin.search}", "trial": origin.trial, **request.lineage},
        )
    )


def _signature(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the signature of all files, if there is a key.

    The manifest does not name it, as it is one of the files that are signed.
    """
    key = os.environ.get(SIGNING_KEY_ENV)
    if not key:
        return {}
    try:
        return {SIGNATURE: signature_of(files, Path(key))}
    except KeyInvalid as error:
        raise CandidateRejected("KeyInvalid", str(error)) from error
