"""Few labelled examples: a search starts from the weights of the model that an earlier one has published."""

from __future__ import annotations

import io

import numpy as np
import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube
from tests.support.waiting import Waiter

from nas_dev.datasets import folder
from nas_dev.datasets.upload import upload
from nas_dev.paths import REPOSITORY
from nas_dev.steps import Steps

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]


def example(name: str, bucket: Bucket, epochs: int, retrained_for: int) -> Json:
    """Return an example's search, with shorter trainings."""
    search: Json = yaml.safe_load((REPOSITORY / f"examples/{name}.yaml").read_text())
    dataset = search["spec"]["task"]["dataset"]
    dataset["uri"] = dataset["uri"].replace("s3://nas/", f"s3://{bucket.name}/")
    search["spec"]["storage"] = bucket.storage()
    search["spec"]["evaluation"]["epochs"] = epochs
    search["spec"]["retrain"]["epochs"] = retrained_for
    return search


def test_the_weights_of_a_model_are_inherited(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    upload(bucket.client, folder("few-shot-clothes", Steps()), f"s3://{bucket.name}/datasets/few-shot-clothes/")
    few = example("20-few-shot", bucket, 6, 20)
    few["spec"]["budget"]["maxTrials"] = 1
    kube.apply(few)
    wait_for.condition("few-shot", "Accepted", reason="InitialModelNotFound", timeout=60)
    known = example("20-few-shot-known", bucket, 1, 4)
    known["spec"]["task"]["dataset"]["maxExamples"] = 1000
    kube.apply(known)
    wait_for.condition("few-shot", "Succeeded", timeout=400)

    model = kube.find("nasmodels", "clothes-known-1")
    assert model is not None
    files = {file["path"]: file["sha256"] for file in model["status"]["artifacts"]}
    address, status = model["status"]["address"], kube.status("few-shot")
    taken = {"model": "clothes-known-1", "address": address, "sha256": files["bundle.json"]}
    assert status["initialModel"] == taken
    prefix = bucket.key_of(address)
    [first] = [trial for trial in kube.trials("few-shot") if trial["spec"]["work"] == "Train"]
    assert first["spec"]["candidates"][0]["origin"] == "WarmStart"
    weights = first["status"]["initialWeights"]
    assert (weights["source"], weights["sha256"]) == (address, files["weights.safetensors"])
    # Of the model's own architecture all but the last layer, of 4 * 8 inputs and five outputs.
    assert weights["trained"] == first["status"]["metrics"]["parameters"] == weights["inherited"] + 5 * 33
    [again] = status["retrained"]
    bundle = bucket.key_of(again["bundle"])
    before, after = (bucket.json(f"{at}preprocessing.json") for at in (prefix, bundle))
    assert before["image"] == after["image"] and before["target"] != after["target"]
    own = np.load(io.BytesIO(bucket.get("datasets/few-shot-clothes/new/clothes.npz")))["x_train"].mean()
    assert abs(own - after["image"]["mean"][0]) > 1, "the images are standardised as the model's were"
    assert again["metrics"]["test_accuracy"] > 0.6, "guessing gives 0.2"
