"""Manifests as people get them wrong, guessed before they were tried: where each is refused, and the field it names.

`apply`: by the API server. `look`: by the operator, before any trial, as it takes a search space to see it.

Of 149 that were guessed four are not here, because they are accepted: a column named as numeric and as categorical, the
target named as numeric, options for texts beside images, a count as written of another space than NAS-Bench-201.
"""

from __future__ import annotations

from typing import Any, Literal

Place = Literal["apply", "look"]


def on_digits(**spec: Any) -> dict[str, Any]:
    """Return a spec for the digits, the rest of which is wrong."""
    return {"task": {"dataset": {"name": "digits"}}, **spec}


WRONG: dict[str, tuple[Place, str, dict[str, Any]]] = {
    "task string": ("apply", "spec.task", {"task": "digits"}),
    "dataset string": ("apply", "spec.task.dataset", {"task": {"dataset": "digits"}}),
    "space string": ("apply", "spec.searchSpace", on_digits(searchSpace="nasnet")),
    "strategy string": ("apply", "spec.strategy", on_digits(strategy="bayesian")),
    "strategy name": ("apply", "spec.strategy.name", on_digits(strategy={"name": "bayesian"})),
    "objective string": ("apply", "spec.objectives[0]", on_digits(objectives=["val_accuracy"])),
    "objective map": ("apply", "spec.objectives.metric", on_digits(objectives={"metric": "val_accuracy"})),
    "type classification": (
        "apply",
        "spec.task.type",
        {"task": {"type": "classification", "dataset": {"name": "digits"}}},
    ),
    "type regression digits": (
        "apply",
        "spec.task.type",
        {"task": {"type": "regression", "dataset": {"name": "digits"}}},
    ),
    "metric accuracy": ("apply", "spec.objectives", on_digits(objectives=[{"metric": "accuracy"}])),
    "metric loss": ("apply", "spec.objectives", on_digits(objectives=[{"metric": "loss", "goal": "minimize"}])),
    "metric val_F1": ("apply", "spec.objectives", on_digits(objectives=[{"metric": "val_F1"}])),
    "metric dot": ("apply", "spec.objectives", on_digits(objectives=[{"metric": "val.accuracy"}])),
    "goal max": ("apply", "spec.objectives[0].goal", on_digits(objectives=[{"metric": "val_accuracy", "goal": "max"}])),
    "five objectives": (
        "apply",
        "spec.objectives",
        on_digits(
            objectives=[
                {"metric": "val_accuracy"},
                {"metric": "val_f1"},
                {"metric": "val_roc_auc"},
                {"metric": "val_balanced_accuracy"},
                {"metric": "throughput_per_s"},
            ]
        ),
    ),
    "five same": (
        "apply",
        "spec.objectives[1]",
        on_digits(objectives=[{"metric": "val_accuracy"}, {"metric": "val_accuracy"}]),
    ),
    "target text": (
        "apply",
        "spec.objectives[0].target",
        on_digits(objectives=[{"metric": "val_accuracy", "target": "high"}]),
    ),
    "weight neg": (
        "apply",
        "spec.objectives[0].weight",
        on_digits(objectives=[{"metric": "val_accuracy", "weight": "-1"}, {"metric": "flops", "goal": "minimize"}]),
    ),
    "target pct": (
        "apply",
        "spec.objectives[0].target",
        on_digits(objectives=[{"metric": "val_accuracy", "target": "95%"}]),
    ),
    "constraint size": ("apply", "spec.constraints", on_digits(constraints=[{"metric": "model_size_mb", "max": 5}])),
    "constraint none": ("apply", "spec.constraints[0]", on_digits(constraints=[{"metric": "parameters"}])),
    "constraint M": (
        "apply",
        "spec.constraints[0].max",
        on_digits(constraints=[{"metric": "parameters", "max": "5M"}]),
    ),
    "constraint minmax": (
        "apply",
        "spec.constraints[0].min",
        on_digits(constraints=[{"metric": "parameters", "min": 10, "max": 5}]),
    ),
    "constraint float": (
        "apply",
        "spec.constraints[0].max",
        on_digits(constraints=[{"metric": "latency_ms", "max": 1.5}]),
    ),
    "std without repeats": (
        "apply",
        "spec.objectives",
        on_digits(objectives=[{"metric": "val_accuracy_std", "goal": "minimize"}]),
    ),
    "proxy objective": ("apply", "spec.objectives", on_digits(objectives=[{"metric": "proxy_synflow"}])),
    "cost metric typo": ("apply", "spec.strategy", on_digits(strategy={"bayesian": {"costMetric": "train_second"}})),
    "tpe sampler": ("apply", "spec.strategy.optuna.sampler", on_digits(strategy={"optuna": {"sampler": "cma"}})),
    "pop 1": ("apply", "spec.strategy.nsga2.populationSize", on_digits(strategy={"nsga2": {"populationSize": 1}})),
    "seed neg": ("apply", "spec.strategy.seed", on_digits(strategy={"seed": -1})),
    "seed big": ("apply", "spec.strategy.seed", on_digits(strategy={"seed": 1099511627776})),
    "two strat": ("apply", "spec.strategy", on_digits(strategy={"random": {}, "grid": {}})),
    "hyperband outside": ("apply", "spec.strategy.hyperband", on_digits(strategy={"hyperband": {}})),
    "epochs 0": ("apply", "spec.evaluation.epochs", on_digits(evaluation={"epochs": 0})),
    "epochs float": ("apply", "spec.evaluation.epochs", on_digits(evaluation={"epochs": 2.5})),
    "batch 0": ("apply", "spec.evaluation.batchSize", on_digits(evaluation={"batchSize": 0})),
    "batch str": ("apply", "spec.evaluation.batchSize", on_digits(evaluation={"batchSize": "32"})),
    "lr float": (
        "apply",
        "spec.evaluation.optimizer.learningRate",
        on_digits(evaluation={"optimizer": {"learningRate": 0.01}}),
    ),
    "lr flat": ("apply", "spec.evaluation.learningRate", on_digits(evaluation={"learningRate": "0.01"})),
    "adam": ("apply", "spec.evaluation.optimizer.name", on_digits(evaluation={"optimizer": {"name": "adam"}})),
    "opt string": ("apply", "spec.evaluation.optimizer", on_digits(evaluation={"optimizer": "adamw"})),
    "momentum 1": (
        "apply",
        "spec.evaluation.optimizer.momentum",
        on_digits(evaluation={"optimizer": {"momentum": "1"}}),
    ),
    "schedule": (
        "apply",
        "spec.evaluation.optimizer.schedule",
        on_digits(evaluation={"optimizer": {"schedule": "linear"}}),
    ),
    "precision": ("apply", "spec.evaluation.precision", on_digits(evaluation={"precision": "fp16"})),
    "warmup beyond epochs": (
        "apply",
        "spec.evaluation.optimizer.warmupEpochs",
        on_digits(evaluation={"epochs": 5, "optimizer": {"warmupEpochs": 10}}),
    ),
    "patience str": ("apply", "spec.evaluation.patience", on_digits(evaluation={"patience": "3"})),
    "folds 1": ("apply", "spec.evaluation.folds", on_digits(evaluation={"folds": 1})),
    "aug": ("apply", "spec.evaluation.augmentation[0]", on_digits(evaluation={"augmentation": ["rotate"]})),
    "aug string": ("apply", "spec.evaluation.augmentation", on_digits(evaluation={"augmentation": "flip"})),
    "mixup neg": ("apply", "spec.evaluation.mixup", on_digits(evaluation={"mixup": "-1"})),
    "dropout 1": ("apply", "spec.evaluation.dropout", on_digits(evaluation={"dropout": 1})),
    "compile str": ("apply", "spec.evaluation.compile", on_digits(evaluation={"compile": "yes"})),
    "dur": ("apply", "spec.evaluation.maxTrialDuration", on_digits(evaluation={"maxTrialDuration": "90"})),
    "dur 1.5h": ("apply", "spec.evaluation.maxTrialDuration", on_digits(evaluation={"maxTrialDuration": "1.5h"})),
    "dur int": ("apply", "spec.evaluation.maxTrialDuration", on_digits(evaluation={"maxTrialDuration": 3600})),
    "early two": (
        "apply",
        "spec.evaluation.earlyStopping",
        on_digits(evaluation={"earlyStopping": {"asha": {}, "median": {}}}),
    ),
    "early str": ("apply", "spec.evaluation.earlyStopping", on_digits(evaluation={"earlyStopping": "median"})),
    "proxy unk": (
        "apply",
        "spec.evaluation.prefilter.proxies[0]",
        on_digits(evaluation={"prefilter": {"proxies": ["snipp"]}}, storage={"bucket": "nas"}),
    ),
    "initfrom hf": ("apply", "spec.storage", on_digits(evaluation={"initFrom": {"uri": "hf://bert"}})),
    "bench unk": (
        "apply",
        "spec.evaluation.benchmark.table",
        on_digits(evaluation={"benchmark": {"table": "nas-bench-101"}}),
    ),
    "trials neg": ("apply", "spec.budget.maxTrials", on_digits(budget={"maxTrials": -1})),
    "trials str": ("apply", "spec.budget.maxTrials", on_digits(budget={"maxTrials": "20"})),
    "parallel 0": ("apply", "spec.budget.parallelTrials", on_digits(budget={"parallelTrials": 0})),
    "gpuhours": ("apply", "spec.budget.maxGPUHours", on_digits(budget={"maxGPUHours": "40"})),
    "fail neg": ("apply", "spec.budget.maxFailedTrials", on_digits(budget={"maxFailedTrials": -1})),
    "trial typo": ("apply", "spec.budget.maxTrial", on_digits(budget={"maxTrial": 3})),
    "retrain empty": ("apply", "spec.retrain.epochs", on_digits(retrain={})),
    "retrain top 0": ("apply", "spec.retrain.top", on_digits(retrain={"top": 0, "epochs": 3})),
    "retrain 21": ("apply", "spec.retrain.top", on_digits(retrain={"top": 21, "epochs": 3})),
    "uri https": (
        "apply",
        "spec.storage",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "uri": "https://x/y.csv"}}},
    ),
    "uri bare": (
        "apply",
        "spec.task.dataset.uri",
        {"task": {"dataset": {"uri": "bucket/key"}}, "storage": {"bucket": "nas"}},
    ),
    "uri no storage": ("apply", "spec.storage", {"task": {"dataset": {"uri": "s3://nas/a.csv"}}}),
    "bucket only": (
        "apply",
        "spec.task.dataset.uri",
        {"task": {"dataset": {"uri": "s3://nas"}}, "storage": {"bucket": "nas"}},
    ),
    "path local": ("apply", "spec.task.dataset.path", {"task": {"dataset": {"path": "./data"}}}),
    "path no image": ("apply", "spec.task.dataset.path", {"task": {"dataset": {"path": "/data/x.csv"}}}),
    "claim absent": ("apply", "spec.task.dataset.volume.claimName", {"task": {"dataset": {"volume": {}}}}),
    "target int": (
        "apply",
        "spec.task.dataset.target",
        {"task": {"type": "tabular-classification", "dataset": {"volume": {"claimName": "data"}, "target": 3}}},
    ),
    "columns str": (
        "apply",
        "spec.task.dataset.columns.numeric",
        {
            "task": {
                "type": "tabular-classification",
                "dataset": {"volume": {"claimName": "data"}, "columns": {"numeric": "age"}},
            }
        },
    ),
    "multi reg": (
        "apply",
        "spec.task.multiLabel",
        {"task": {"type": "regression", "multiLabel": True, "dataset": {"volume": {"claimName": "data"}}}},
    ),
    "pos reg": (
        "apply",
        "spec.task",
        {
            "task": {"type": "regression", "positiveClass": "a", "dataset": {"volume": {"claimName": "data"}}},
            "objectives": [{"metric": "val_r2"}],
        },
    ),
    "weights multi": (
        "apply",
        "spec.task.multiLabel",
        {
            "task": {
                "type": "tabular-classification",
                "multiLabel": True,
                "classWeights": "balanced",
                "dataset": {"volume": {"claimName": "data"}},
            }
        },
    ),
    "frac 80": (
        "apply",
        "spec.task.dataset.validationFraction",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "validationFraction": "80"}}},
    ),
    "frac pct": (
        "apply",
        "spec.task.dataset.validationFraction",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "validationFraction": "20%"}}},
    ),
    "size 0": (
        "apply",
        "spec.task.dataset.image.size",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "image": {"size": 0}}}},
    ),
    "size pair": (
        "apply",
        "spec.task.dataset.image.size",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "image": {"size": [32, 32]}}}},
    ),
    "image size text": (
        "apply",
        "spec.task.dataset.image",
        {"task": {"type": "text-classification", "dataset": {"volume": {"claimName": "data"}, "image": {"size": 32}}}},
    ),
    "maxEx 1": (
        "apply",
        "spec.task.dataset.maxExamples",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "maxExamples": 1}}},
    ),
    "mem 512m": (
        "apply",
        "spec.task.dataset.memoryLimit",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "memoryLimit": "512m"}}},
    ),
    "mem GB": (
        "apply",
        "spec.task.dataset.memoryLimit",
        {"task": {"dataset": {"volume": {"claimName": "data"}, "memoryLimit": "4GB"}}},
    ),
    "space unk": ("apply", "spec.searchSpace.name", on_digits(searchSpace={"name": "resnet"})),
    "space width 0": ("apply", "spec.searchSpace.width", on_digits(searchSpace={"name": "nasnet", "width": 0})),
    "space text": ("apply", "spec.searchSpace", on_digits(searchSpace={"name": "bert"})),
    "space depth str": ("apply", "spec.searchSpace.depth", on_digits(searchSpace={"name": "nasnet", "depth": "3"})),
    "mod": (
        "apply",
        "spec.searchSpace.modalities",
        on_digits(searchSpace={"name": "multi-modal", "modalities": ["image"]}),
    ),
    "decisions": (
        "apply",
        "spec.searchSpace.decisions",
        on_digits(searchSpace={"decisions": [{"name": "a", "choice": ["x", "y"]}]}),
    ),
    "hp lr": ("apply", "spec.hyperparameters", on_digits(hyperparameters=[{"name": "lr", "choice": ["0.1"]}])),
    "hp unquoted frac": (
        "apply",
        "spec.hyperparameters[0].choice[0]",
        on_digits(hyperparameters=[{"name": "learningRate", "choice": [0.1, 0.01]}]),
    ),
    "hp min>max": (
        "apply",
        "spec.hyperparameters[0].real.min",
        on_digits(hyperparameters=[{"name": "learningRate", "real": {"min": "1", "max": "0.1"}}]),
    ),
    "hp log0": (
        "apply",
        "spec.hyperparameters[0].real.min",
        on_digits(hyperparameters=[{"name": "learningRate", "real": {"min": 0, "max": 1, "log": True}}]),
    ),
    "hp none": ("apply", "spec.hyperparameters[0]", on_digits(hyperparameters=[{"name": "learningRate"}])),
    "hp dup": (
        "apply",
        "spec.hyperparameters[1]",
        on_digits(hyperparameters=[{"name": "dropout", "choice": ["0"]}, {"name": "dropout", "choice": ["0"]}]),
    ),
    "hp map": ("apply", "spec.hyperparameters.learningRate", on_digits(hyperparameters={"learningRate": ["0.1"]})),
    "hp dupchoice": (
        "look",
        "spec.hyperparameters",
        on_digits(hyperparameters=[{"name": "dropout", "choice": ["0", "0"]}]),
    ),
    "hp when": (
        "look",
        "spec.hyperparameters",
        on_digits(
            hyperparameters=[
                {"name": "momentum", "choice": ["0.9"], "when": {"decision": "optimizer", "values": ["sgd"]}}
            ]
        ),
    ),
    "gpu half": (
        "apply",
        "spec.trialTemplate.resources.limits.nvidia.com",
        on_digits(trialTemplate={"resources": {"limits": {"nvidia.com/gpu": 0.5}}}),
    ),
    "gpu half str": (
        "apply",
        "spec.trialTemplate.resources.limits",
        on_digits(trialTemplate={"resources": {"limits": {"nvidia.com/gpu": "0.5"}}}),
    ),
    "gpu req only": (
        "apply",
        "spec.trialTemplate.resources.requests",
        on_digits(trialTemplate={"resources": {"requests": {"nvidia.com/gpu": 1}}}),
    ),
    "gpu": (
        "apply",
        "spec.trialTemplate.resources.limits",
        on_digits(trialTemplate={"resources": {"limits": {"gpu": 1}}}),
    ),
    "gpus": (
        "apply",
        "spec.trialTemplate.resources.limits",
        on_digits(trialTemplate={"resources": {"limits": {"nvidia.com/gpus ": 1}}}),
    ),
    "mem": (
        "apply",
        "spec.trialTemplate.resources.limits",
        on_digits(trialTemplate={"resources": {"limits": {"memory": "512m"}}}),
    ),
    "memGB": (
        "apply",
        "spec.trialTemplate.resources.limits[memory]",
        on_digits(trialTemplate={"resources": {"limits": {"memory": "8GB"}}}),
    ),
    "cpu cores": (
        "apply",
        "spec.trialTemplate.resources.limits[cpu]",
        on_digits(trialTemplate={"resources": {"limits": {"cpu": "2 cores"}}}),
    ),
    "req>lim": (
        "apply",
        "spec.trialTemplate.resources.requests",
        on_digits(trialTemplate={"resources": {"limits": {"cpu": 1}, "requests": {"cpu": 2}}}),
    ),
    "memreq>lim": (
        "apply",
        "spec.trialTemplate.resources.requests",
        on_digits(trialTemplate={"resources": {"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}}),
    ),
    "neg": (
        "apply",
        "spec.trialTemplate.resources.limits[cpu]",
        on_digits(trialTemplate={"resources": {"limits": {"cpu": -1}}}),
    ),
    "image up": ("apply", "spec.trialTemplate.image", on_digits(trialTemplate={"image": "Foo/Bar"})),
    "image tag": ("apply", "spec.trialTemplate.image", on_digits(trialTemplate={"image": "foo:"})),
    "image http": ("apply", "spec.trialTemplate.image", on_digits(trialTemplate={"image": "http://foo/bar"})),
    "image empty": ("apply", "spec.trialTemplate.image", on_digits(trialTemplate={"image": ""})),
    "pull": ("apply", "spec.trialTemplate.imagePullPolicy", on_digits(trialTemplate={"imagePullPolicy": "always"})),
    "env map": ("apply", "spec.trialTemplate.env.A", on_digits(trialTemplate={"env": {"A": "b"}})),
    "env int": (
        "apply",
        "spec.trialTemplate.env[0].value",
        on_digits(trialTemplate={"env": [{"name": "A", "value": 1}]}),
    ),
    "env NAS": (
        "apply",
        "spec.trialTemplate.env[0].name",
        on_digits(trialTemplate={"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]}),
    ),
    "cmd str": ("apply", "spec.trialTemplate.command", on_digits(trialTemplate={"command": "python"})),
    "sel": ("apply", "spec.trialTemplate.nodeSelector", on_digits(trialTemplate={"nodeSelector": {"a b": "c"}})),
    "sel bool": (
        "apply",
        "spec.trialTemplate.nodeSelector.gpu",
        on_digits(trialTemplate={"nodeSelector": {"gpu": True}}),
    ),
    "tol": (
        "apply",
        "spec.trialTemplate.tolerations[0].operator",
        on_digits(trialTemplate={"tolerations": [{"key": "a", "operator": "exists"}]}),
    ),
    "tol map": ("apply", "spec.trialTemplate.tolerations.key", on_digits(trialTemplate={"tolerations": {"key": "a"}})),
    "ttl": (
        "apply",
        "spec.trialTemplate.ttlSecondsAfterFinished",
        on_digits(trialTemplate={"ttlSecondsAfterFinished": -1}),
    ),
    "attempts 0": ("apply", "spec.trialTemplate.maxAttempts", on_digits(trialTemplate={"maxAttempts": 0})),
    "grace": (
        "apply",
        "spec.trialTemplate.terminationGracePeriodSeconds",
        on_digits(trialTemplate={"terminationGracePeriodSeconds": 0}),
    ),
    "cpu top": ("apply", "spec.trialTemplate.limits", on_digits(trialTemplate={"limits": {"cpu": 1}})),
    "a path of the node": (
        "apply",
        "spec.trialTemplate.volumes[0].hostPath",
        on_digits(trialTemplate={"volumes": [{"name": "data", "mountPath": "/mnt/d", "hostPath": {"path": "/data"}}]}),
    ),
    "bkt": ("apply", "spec.storage.bucket", on_digits(storage={"bucket": "s3://nas"})),
    "bkt up": ("apply", "spec.storage.bucket", on_digits(storage={"bucket": "NAS"})),
    "bkt none": ("apply", "spec.storage.bucket", on_digits(storage={})),
    "ep": ("apply", "spec.storage.endpoint", on_digits(storage={"bucket": "nas", "endpoint": "minio:9000"})),
    "secret str": ("apply", "spec.storage.secretRef", on_digits(storage={"bucket": "nas", "secretRef": "x"})),
    "key in spec": ("apply", "spec.storage.accessKeyID", on_digits(storage={"bucket": "nas", "accessKeyID": "x"})),
    "pol": ("apply", "spec.storage.deletionPolicy", on_digits(storage={"bucket": "nas", "deletionPolicy": "delete"})),
    "prefix": ("apply", "spec.storage.prefix", on_digits(storage={"bucket": "nas", "prefix": "a b"})),
    "region": ("apply", "spec.storage.region", on_digits(storage={"bucket": "nas", "region": "EU West"})),
    "style": ("apply", "spec.storage.addressingStyle", on_digits(storage={"bucket": "nas", "addressingStyle": "auto"})),
    "suspend str": ("apply", "spec.suspend", on_digits(suspend="yes")),
    "unknown": ("apply", "spec.sapce", on_digits(sapce={})),
}
"""By a name: place, field, and the fields of its spec."""
