from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.factories import START, World, meta, search, stamp
from tests.support.models import begun, model, source

from nas_core.api.strategy import Objective
from nas_core.contract import DATA_CACHE_ENV, DATA_DIRECTORY, GPUS_ENV, PROCESSES_ENV, SIGNING_KEY_ENV, TrialInput
from nas_core.records.job import JobView
from nas_core.records.names import INDEX_LABEL, NODES_LABEL, TRIAL_INPUT_ANNOTATION
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_operator.manifests.job import build_export_job, build_job
from nas_plan.actions import Stored
from nas_plan.models.snapshot import Export
from nas_plan.models.source import export_of

Json = dict[str, Any]


def trial_of(w: World) -> TrialView:
    w.step()
    return next(iter(w.trials.values()))


def job(attempt: int = 1, **spec: Any) -> Json:
    w = World(search(**spec))
    return build_job(meta("s"), w.search.spec, trial_of(w), attempt, "default:1")


def pod(**spec: Any) -> Json:
    found: Json = job(**spec)["spec"]["template"]["spec"]
    return found


def container(**spec: Any) -> Json:
    found: Json = pod(**spec)["containers"][0]
    return found


def test_name_labels_and_owner_tell_which_attempt_it_is() -> None:
    raw = job(attempt=3)
    assert raw["metadata"]["name"] == "s-00000-a3"
    labels = raw["metadata"]["labels"]
    assert (labels["nas-operator.io/trial"], labels["nas-operator.io/attempt"]) == ("s-00000", "3")
    assert raw["spec"]["template"]["metadata"]["labels"] == labels
    [owner] = raw["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("NASTrial", "uid-s-00000")


def test_it_says_what_it_was_made_from() -> None:
    first, again = (job(trialTemplate=template) for template in ({}, {"maxAttempts": 9, "ttlSecondsAfterFinished": 9}))
    other = job(trialTemplate={"nodeSelector": {"zone": "b"}})
    made = [raw["metadata"]["annotations"]["nas-operator.io/template"] for raw in (first, again, other)]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize(
    ("left", "seconds", "shortened"), [(None, 60, None), (900, 60, None), (45, 45, "budget.maxGPUHours")]
)
def test_a_budget_may_leave_less_time(left: int | None, seconds: int, shortened: str | None) -> None:
    w = World(search(evaluation={"maxTrialDuration": "1m"}))
    made = build_job(meta("s"), w.search.spec, trial_of(w), 1, "default:1", limit_s=left)
    assert made["spec"]["activeDeadlineSeconds"] == seconds
    assert made["metadata"]["annotations"].get("nas-operator.io/shortened-by") == shortened
    seen = JobView.of(
        made | {"metadata": made["metadata"] | {"uid": "u", "resourceVersion": "1", "creationTimestamp": stamp(START)}}
    )
    assert (seen.deadline_s, seen.shortened_by) == (seconds, shortened)


def test_the_longest_names_fit() -> None:
    w = World(search())
    trial = trial_of(w)
    long = "s" * 40
    trial = TrialView(meta(f"{long}-99999", "uid"), trial.spec, trial.status)
    raw = build_job(meta(long), w.search.spec, trial, 999, "i")
    assert len(raw["metadata"]["name"]) + len("-abcde") <= 63
    assert all(len(value) <= 63 for value in raw["metadata"]["labels"].values())


def test_exit_codes_mean_something_of_the_trials_own_container_alone() -> None:
    rules = job()["spec"]["podFailurePolicy"]["rules"]
    assert [r["onExitCodes"]["containerName"] for r in rules if "onExitCodes" in r] == ["trial", "trial"]


def test_kubernetes_itself_retries_only_what_is_no_failure() -> None:
    spec = job()["spec"]
    assert spec["backoffLimit"] == 0 and spec["template"]["spec"]["restartPolicy"] == "Never"
    rules = [(r["action"], r.get("onExitCodes", {}).get("values")) for r in spec["podFailurePolicy"]["rules"]]
    assert rules == [("FailJob", [64]), ("Ignore", [75]), ("Ignore", None)]
    assert "suspend" not in spec, "without a queue it starts at once"


def test_a_job_with_a_queue_waits_for_it_from_the_beginning() -> None:
    labels = {"kueue.x-k8s.io/queue-name": "gpus"}
    assert job(trialTemplate={"labels": labels})["spec"]["suspend"] is True
    assert "suspend" not in job(trialTemplate={"labels": {"kueue.x-k8s.io/queue-name": ""}})["spec"]


def test_the_container_reads_its_input_from_an_annotation() -> None:
    template = job(attempt=2, strategy={"random": {}, "seed": 9}, storage={"bucket": "nas", "prefix": "p"})["spec"][
        "template"
    ]
    given = TrialInput.model_validate_json(template["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION])
    assert (given.identity.trial, given.identity.index, given.identity.attempt) == ("s-00000", 0, 2)
    assert given.storage and given.storage.root == "p/ns/s/uid-s" and given.data_seed == 9
    assert given.objective == Objective(metric="val_accuracy")
    assert len(given.candidates) == 1
    [volume] = [v for v in template["spec"]["volumes"] if v["name"] == "input"]
    assert TRIAL_INPUT_ANNOTATION in json.dumps(volume)
    environment = {e["name"]: e.get("value") for e in template["spec"]["containers"][0]["env"]}
    assert environment["NAS_TRIAL_FILE"] == "/etc/nas/trial.json"
    assert environment["NAS_RESULT_FILE"] == template["spec"]["containers"][0]["terminationMessagePath"]


def test_with_scoped_storage_a_pod_has_short_lived_keys_and_none_of_the_secrets() -> None:
    storage = {"bucket": "nas", "prefix": "team", "endpoint": "http://s3", "scoped": True}
    raw = job(attempt=2, storage=storage)
    assert "secretKeyRef" not in json.dumps(raw) and "nas-storage" in json.dumps(job(storage={"bucket": "nas"}))
    spec = raw["spec"]["template"]["spec"]
    environment = {e["name"]: e.get("value") for e in spec["containers"][0]["env"]}
    assert environment["AWS_CONFIG_FILE"] == "/etc/nas-storage/config"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert {"name": "storage-session", "secret": {"secretName": "s-00000-a2-session"}} in spec["volumes"]
    assert raw["metadata"]["annotations"]["nas-operator.io/session"] == "s-00000-a2-session"
    model_job = build_export_job(begun(), export_of(source(storage=storage)), "default:1", 60)
    assert model_job["metadata"]["annotations"]["nas-operator.io/session"].endswith("-export-session")
    assert "secretKeyRef" not in json.dumps(model_job)


def test_the_pod_meets_the_restricted_standard() -> None:
    spec, first = pod(), container()
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert spec["automountServiceAccountToken"] is False
    assert first["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_credentials_come_only_with_a_storage() -> None:
    def secrets(found: Json) -> dict[str, Json]:
        return {e["name"]: e["valueFrom"]["secretKeyRef"] for e in found["env"] if "valueFrom" in e}

    assert secrets(container()) == {}
    found = secrets(container(storage={"bucket": "nas", "secretRef": {"name": "mine"}}))
    assert found["AWS_ACCESS_KEY_ID"] == {"name": "mine", "key": "accessKeyID"}
    assert found["AWS_SECRET_ACCESS_KEY"] == {"name": "mine", "key": "secretAccessKey"}
    assert found["AWS_SESSION_TOKEN"] == {"name": "mine", "key": "sessionToken", "optional": True}


def test_with_an_account_there_are_no_keys_and_no_token_of_the_api_server() -> None:
    spec = pod(storage={"bucket": "nas"}, trialTemplate={"serviceAccountName": "trainer"})
    assert spec["serviceAccountName"] == "trainer" and spec["automountServiceAccountToken"] is False
    variables = {e["name"]: e.get("value") for e in spec["containers"][0]["env"]}
    assert {name: value for name, value in variables.items() if name.startswith("AWS_")} == {
        "AWS_EC2_METADATA_DISABLED": "true"
    }
    # With both, the storage is used with the key, and the account is for whatever else a trainer asks.
    both = pod(
        storage={"bucket": "nas", "secretRef": {"name": "mine"}}, trialTemplate={"serviceAccountName": "trainer"}
    )
    assert both["serviceAccountName"] == "trainer"
    assert "AWS_ACCESS_KEY_ID" in {e["name"] for e in both["containers"][0]["env"]}
    assert "serviceAccountName" not in pod()


def test_the_template_is_passed_on() -> None:
    template: Json = {
        "image": "mine:2",
        "imagePullPolicy": "Never",
        "imagePullSecrets": [{"name": "pull"}],
        "command": ["python"],
        "args": ["-c", "$(id)"],
        "env": [{"name": "MODE", "value": "x"}],
        "resources": {"limits": {"nvidia.com/gpu": 1, "memory": "4Gi"}},
        "nodeSelector": {"pool": "gpu"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "terminationGracePeriodSeconds": 7,
    }
    spec = pod(trialTemplate=template)
    first = spec["containers"][0]
    assert (first["image"], first["imagePullPolicy"], first["command"]) == ("mine:2", "Never", ["python"])
    assert first["args"] == ["-c", "$(id)"] and first["env"][0] == {"name": "MODE", "value": "x"}
    assert first["resources"] == {"limits": {"nvidia.com/gpu": "1", "memory": "4Gi"}}
    assert spec["nodeSelector"] == {"pool": "gpu"} and spec["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert spec["imagePullSecrets"] == [{"name": "pull"}] and spec["terminationGracePeriodSeconds"] == 7


def test_what_is_not_given_is_left_to_kubernetes() -> None:
    spec, first = pod(), container()
    assert first["image"] == "default:1"
    assert not {"imagePullPolicy", "command", "args"} & set(first)
    assert not {"nodeSelector", "tolerations", "imagePullSecrets", "affinity", "initContainers"} & set(spec)
    assert not {"resourceClaims", "topologySpreadConstraints", "priorityClassName", "schedulerName"} & set(spec)
    assert "activeDeadlineSeconds" not in job()["spec"]


@pytest.mark.parametrize(("duration", "seconds"), [("90s", 90), ("1h30m", 5400)])
def test_the_longest_duration_of_a_trial_is_its_jobs_deadline(duration: str, seconds: int) -> None:
    assert job(evaluation={"maxTrialDuration": duration})["spec"]["activeDeadlineSeconds"] == seconds


@pytest.mark.parametrize(("asked", "kept"), [(0, 600), (86_400, 86_400)])
def test_a_finished_job_is_kept_until_its_result_can_be_read(asked: int, kept: int) -> None:
    assert job(trialTemplate={"ttlSecondsAfterFinished": asked})["spec"]["ttlSecondsAfterFinished"] == kept


@pytest.mark.parametrize(
    ("gpus", "given", "processes"), [(None, None, None), (1, "1", None), (2, "2", "2"), ("8", "8", "8")]
)
def test_the_container_is_told_its_gpus_and_with_several_to_start_a_process_for_each(
    gpus: Any, given: str | None, processes: str | None
) -> None:
    template = {} if gpus is None else {"resources": {"limits": {"nvidia.com/gpu": gpus}}}
    environment = {e["name"]: e.get("value") for e in container(trialTemplate=template)["env"]}
    assert (environment.get(GPUS_ENV), environment.get(PROCESSES_ENV)) == (given, processes)


@pytest.mark.parametrize(
    ("limits", "shared"),
    [
        ({}, 2**30),
        ({"memory": "4Gi"}, 2**30),
        ({"memory": "2G"}, 500_000_000),
        ({"memory": "64Gi", "nvidia.com/gpu": 2}, 2**34),
        ({"memory": "2Gi", "nvidia.com/gpu": 2}, 2**30),
        ({"nvidia.com/gpu": 1}, 2**30),
    ],
)
def test_processes_share_a_part_of_the_memory(limits: Json, shared: int) -> None:
    spec = pod(trialTemplate={"resources": {"limits": limits}})
    [volume] = [v for v in spec["volumes"] if v["name"] == "shm"]
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": str(shared)}
    [mount] = [m for m in spec["containers"][0]["volumeMounts"] if m["name"] == "shm"]
    assert mount["mountPath"] == "/dev/shm"


def test_a_rehearsal_is_one_process_whatever_the_gpus() -> None:
    rehearsal = {"benchmark": {"table": "nas-bench-201-cifar10"}}
    made = container(trialTemplate={"resources": {"limits": {"nvidia.com/gpu": 2}}}, evaluation=rehearsal)
    assert PROCESSES_ENV not in {e["name"] for e in made["env"]}
    assert "/dev/shm" not in {m["mountPath"] for m in made["volumeMounts"]}


def test_data_are_prepared_without_gpu_and_without_a_trials_deadline() -> None:
    made = job(
        task={"dataset": {"uri": "s3://nas/photos/"}},
        storage={"bucket": "nas"},
        evaluation={"maxTrialDuration": "5m"},
        trialTemplate={
            "resources": {
                "limits": {"nvidia.com/gpu": 2, "memory": "8Gi"},
                "requests": {"cpu": "2", "nvidia.com/gpu": 2},
            },
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
        },
    )
    assert made["metadata"]["name"] == "s-prepare-a1" and "activeDeadlineSeconds" not in made["spec"]
    spec = made["spec"]["template"]["spec"]
    first = spec["containers"][0]
    assert first["resources"] == {"limits": {"memory": "8Gi"}, "requests": {"cpu": "2"}}
    assert not {GPUS_ENV, PROCESSES_ENV} & {e["name"] for e in first["env"]}
    assert spec["tolerations"], "it may need the nodes of the others to reach the data"


DATA = {"dataset": {"volume": {"claimName": "scans", "path": "2024/train.csv"}}, "type": "tabular-classification"}


def test_a_volume_of_data_is_mounted_read_only() -> None:
    made = pod(task=DATA)
    [volume] = [v for v in made["volumes"] if v["name"] == "data"]
    assert volume["persistentVolumeClaim"] == {"claimName": "scans", "readOnly": True}
    [mount] = [m for m in made["containers"][0]["volumeMounts"] if m["name"] == "data"]
    assert mount == {"name": "data", "mountPath": DATA_DIRECTORY, "readOnly": True}
    assert "fsGroup" not in made["securityContext"], "the data's owners stay as they are"


@pytest.mark.parametrize(("weights", "trains"), [("/data/resnet.safetensors", True), ("/opt/a.safetensors", False)])
def test_a_volume_is_for_those_that_read_it(weights: str, trains: bool) -> None:
    w = World(search(task=DATA, storage={"bucket": "nas"}, evaluation={"initFrom": {"path": weights}}))
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    mounted = {}
    for name, trial in w.trials.items():
        made = build_job(meta("s"), w.search.spec, trial, 1, "default:1", Stored("s3://nas/ns/datasets/5eed/"))
        mounted[name] = "data" in {v["name"] for v in made["spec"]["template"]["spec"]["volumes"]}
    assert mounted == {"s-prepare": True, "s-00000": trains, "s-00001": trains}


def test_downloads_are_kept_where_trials_may_write() -> None:
    made = pod(trialTemplate={"dataCacheClaim": "cache"})
    [mount] = [m for m in made["containers"][0]["volumeMounts"] if m["name"] == "data-cache"]
    environment = {e["name"]: e.get("value") for e in made["containers"][0]["env"]}
    assert environment[DATA_CACHE_ENV] == mount["mountPath"] and not mount["readOnly"]
    assert made["securityContext"]["fsGroup"] and made["securityContext"]["runAsNonRoot"]
    assert DATA_CACHE_ENV not in json.dumps(pod())


def export_pod(secret: str | None) -> Json:
    asked = source()
    assert isinstance(asked.search, ReadableSearch)
    raw = build_export_job(model(), Export(asked.search, asked.trial), "default:1", 60, secret)
    found: Json = raw["spec"]["template"]["spec"]
    return found


def test_the_key_that_signs_models_is_mounted_only_where_the_chart_names_its_secret() -> None:
    signing, plain = export_pod("signing"), export_pod(None)
    [volume] = [volume for volume in signing["volumes"] if volume not in plain["volumes"]]
    # Optional: the trainer says which key is missing, where a pod would wait for it without a word.
    items = [{"key": "key.pem", "path": "key.pem"}]
    assert volume == {"name": "signing-key", "secret": {"secretName": "signing", "optional": True, "items": items}}
    [mount] = [one for one in signing["containers"][0]["volumeMounts"] if one["name"] == "signing-key"]
    [variable] = [one for one in signing["containers"][0]["env"] if one["name"] == SIGNING_KEY_ENV]
    assert mount["readOnly"] and variable["value"] == f"{mount['mountPath']}/key.pem"
    assert SIGNING_KEY_ENV not in str(plain) and SIGNING_KEY_ENV not in str(pod())


def test_the_job_that_makes_a_model_is_a_trials_without_gpus_and_without_its_search() -> None:
    template = {"resources": {"limits": {"nvidia.com/gpu": 2, "memory": "1Gi"}}, "nodeSelector": {"zone": "b"}}
    raw = build_export_job(begun(), export_of(source(trialTemplate=template)), "default:1", 3600)
    assert raw["metadata"]["name"] == "digits-export" and raw["spec"]["backoffLimit"] == 3
    assert raw["spec"]["activeDeadlineSeconds"] == 3600
    [owner] = raw["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("NASModel", "uid-digits")
    assert raw["metadata"]["labels"]["nas-operator.io/model"] == "digits"
    assert "nas-operator.io/search" not in raw["metadata"]["labels"]
    made, of_trial = raw["spec"]["template"]["spec"], pod(trialTemplate=template, storage={"bucket": "nas"})
    assert made["nodeSelector"] == {"zone": "b"} and made["securityContext"] == of_trial["securityContext"]
    [container] = made["containers"]
    assert container["securityContext"] == of_trial["containers"][0]["securityContext"]
    assert container["resources"]["limits"] == {"memory": "1Gi"} and GPUS_ENV not in str(container["env"])
    given = json.loads(raw["spec"]["template"]["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION])
    assert given["work"] == "Export" and given["model"]["name"] == "digits"


def test_a_training_over_several_nodes_is_an_indexed_job_whose_pods_know_one_another() -> None:
    raw = job(trialTemplate={"nodes": 4, "resources": {"limits": {"nvidia.com/gpu": "2"}}})
    spec = raw["spec"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (4, 4, "Indexed")
    assert spec["backoffLimit"] == 0, "one that fails ends all of them"
    assert spec["template"]["metadata"]["labels"][NODES_LABEL] == "4"
    made = spec["template"]["spec"]
    assert made["subdomain"] == "nas-s" and "hostname" not in made, "Kubernetes gives each its own: <job>-<index>"
    told = {one["name"]: one.get("value") or one["valueFrom"] for one in made["containers"][0]["env"]}
    assert (told["NAS_NODES"], told["MASTER_ADDR"], told["MASTER_PORT"]) == ("4", "s-00000-a1-0.nas-s", "29500")
    assert told["NAS_NODE"] == {"fieldRef": {"fieldPath": f"metadata.annotations['{INDEX_LABEL}']"}}
    assert (told["NAS_PROCESSES"], told["NAS_GPUS"]) == ("2", "2"), "of each pod"
    seen = JobView.of(
        raw | {"metadata": raw["metadata"] | {"uid": "u", "resourceVersion": "1", "creationTimestamp": stamp(START)}}
    )
    assert (seen.nodes, seen.gpus, seen.all_gpus) == (4, 2, 8)


@pytest.mark.parametrize("work", ["Prepare", "Score", "Supernet"])
def test_other_work_has_one_pod(work: str) -> None:
    w = World(search(trialTemplate={"nodes": 4}))
    trial = trial_of(w)
    other = TrialView(trial.meta, trial.spec.model_copy(update={"work": work}), trial.status)
    spec = build_job(meta("s"), w.search.spec, other, 1, "default:1")["spec"]
    assert "completions" not in spec and "subdomain" not in spec["template"]["spec"]
    assert "completions" not in job()["spec"], "nor has a training of one node"
