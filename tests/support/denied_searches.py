"""Searches that would run, but not do what their owner means: of each the spec's fields, and words of the message.

One table for the API server (tests/integration) and for the models without one (tests/unit).
"""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]


def _objective(metric: str, **fields: Any) -> Spec:
    return {"objectives": [{"metric": metric, **fields}]}


def _constraint(metric: str, **fields: Any) -> Spec:
    return {"constraints": [{"metric": "flops", "max": 10**9}, {"metric": metric, **fields}]}


def _target(metric: str, **fields: Any) -> Spec:
    return {"targets": [*_TARGETS, {"name": "mcu", "constraints": [{"metric": metric, **fields}]}]}


def _hyperparameter(name: str, **values: Any) -> Spec:
    first = {"name": "cutmix", "choice": ["0", "0.5"]}
    return {"hyperparameters": [first, {"name": name, **values}]}


_TARGETS = [{"name": "phone", "constraints": [{"metric": "flops", "max": 10**9}]}]

_NOT_OVER_NODES: dict[str, Spec] = {
    "packed": {"evaluation": {"candidatesPerTrial": 4}},
    "a table": {"evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}}},
    "shared weights": {"evaluation": {"supernet": {}}, "searchSpace": {"name": "mobilenet"}},
    "scored": {"strategy": {"zeroCost": {}}},
    "gradients": {"strategy": {"darts": {}}},
}


def _guided(**entry: Any) -> Spec:
    return {"guidance": {"decisions": [{"name": "*", "forbid": ["none"]}, {"name": "0-1", **entry}]}}


DENIED_SEARCHES: dict[str, tuple[Spec, list[str]]] = {
    "guidance of nothing": (_guided(), ["0-1", "set forbid, require, min, max or prefer, or remove the entry"]),
    "guidance that requires what it forbids": (
        _guided(forbid=["none"], require=["none"]),
        ["a value is in both require and forbid; remove it from one"],
    ),
    "guidance with an empty range": (_guided(min=5, max=3), ["min must not exceed max"]),
    "a comparison of a candidate with itself": (
        {
            "objectives": [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}],
            "guidance": {"comparisons": [{"better": 3, "worse": 3}]},
        },
        ["better and worse are the same candidate; name two"],
    ),
    "comparisons with one objective": (
        {"objectives": [{"metric": "val_accuracy"}], "guidance": {"comparisons": [{"better": 3, "worse": 4}]}},
        ["guidance.comparisons order a front, which takes several objectives; remove them"],
    ),
    **{
        f"a stop of trials with {field}": (
            {"guidance": {"stop": ["s-00000"]}, "evaluation": {field: value}, "storage": {"bucket": "nas"}},
            ["guidance.stop ends a single training", "remove it"],
        )
        for field, value in {"candidatesPerTrial": 4, "repeats": 2, "folds": 3}.items()
    },
    "an extension where all trials train alike": (
        {"guidance": {"extend": ["s-00000"]}},
        ["train for evaluation.epochs, to be comparable; remove it, and train the best longer by spec.retrain"],
    ),
    "a trial to stop and to extend": (
        {
            "guidance": {"stop": ["s-00000", "s-00001"], "extend": ["s-00001"]},
            "evaluation": {"epochs": 9, "earlyStopping": {"median": {}}},
        },
        ["a trial is in both stop and extend; remove it from one"],
    ),
    **{
        f"gradients that are to {asked}": (
            {"strategy": {"darts": {}}, "storage": {"bucket": "nas"}} | guidance,
            ["remove inject, injectFrom, parents and prefer from guidance; forbid and require hold for it"],
        )
        for asked, guidance in {
            "prefer": _guided(prefer="skip_connect"),
            "inject": {"guidance": {"inject": ["|none~0|"]}},
            "pin parents": {"guidance": {"parents": [3]}},
            "inject from another search": {"guidance": {"injectFrom": [{"search": "first", "candidate": 3}]}},
        }.items()
    },
    **{
        f"a warm start beside {of}": (
            {"strategy": {"random": {}}, "warmStart": {"searches": ["first"]}, "evaluation": evaluation},
            ["evaluation names earlier searches too", "remove these, or warmStart"],
        )
        for of, evaluation in {
            "a surrogate": {"surrogate": {"from": {"searches": ["second"]}}},
            "a predictor of earlier searches": {"prefilter": {"predictor": {"from": {"searches": ["second"]}}}},
        }.items()
    },
    "a warm start with nothing": (
        {"warmStart": {"candidates": 3}},
        ["name earlier searches or imported results, or set knowledge: {} for the searches with the nearest data"],
    ),
    "a warm start of imported results with the name of a search": (
        {"storage": {"bucket": "nas"}, "warmStart": {"searches": ["a"], "imported": ["b", "a"]}},
        ["the name of imported results is that of a search too; import them under another name"],
    ),
    "a warm start of gradients": (
        {"strategy": {"darts": {}}, "storage": {"bucket": "nas"}, "warmStart": {"searches": ["first"]}},
        ["a gradient strategy derives its architectures in a supernet; remove warmStart"],
    ),
    **{
        f"over nodes: {name}": (
            {"trialTemplate": {"nodes": 2}, "storage": {"bucket": "nas"}} | spec,
            ["trialTemplate.nodes above 1 is for trainings of one candidate each", "remove nodes"],
        )
        for name, spec in _NOT_OVER_NODES.items()
    },
    **{
        f"{metric} maximised": (_objective(metric), [metric, "less is better", "set goal: minimize"])
        for metric in (
            "val_loss", "loss", "test_rmse", "val_mse", "train_mae", "val_calibration_error", "val_log_loss",
            "latency_ms", "latency_p90_ms", "parameters", "flops", "int8_bytes", "peak_activation_bytes",
            "train_seconds", "val_accuracy_std",
        )
    },
    **{
        f"{metric} minimised": (
            _objective(metric, goal="minimize"),
            [metric, "more is better", "set goal: maximize"],
        )
        for metric in ("val_accuracy", "f1", "val_roc_auc", "val_r2", "throughput_per_s")
    },
    "the second of two objectives": (
        {"objectives": [{"metric": "val_accuracy"}, {"metric": "val_loss"}]},
        ["val_loss", "less is better"],
    ),
    "an accuracy of 95": (_objective("val_accuracy", target=95), ["val_accuracy", "target 95", "at most 1", "0.95"]),
    "R² above 1": (_objective("val_r2", target="1.5"), ["val_r2", "target 1.5", "at most 1"]),
    "an error below 0": (
        _objective("val_rmse", goal="minimize", target="-0.1"),
        ["val_rmse", "target -0.1", "at least 0"],
    ),
    "half a parameter": (
        _objective("parameters", goal="minimize", target="0.5"),
        ["parameters", "target 0.5", "at least 1"],
    ),
    "a constraint in per cent": (
        _constraint("val_balanced_accuracy", min=90),
        ["val_balanced_accuracy", "min 90", "at most 1"],
    ),
    "a constraint in millions": (_constraint("parameters", max="0.5"), ["parameters", "max 0.5", "at least 1"]),
    "a share in a target's limits": (
        _target("val_accuracy", min=90),
        ["target mcu: val_accuracy", "min 90", "at most 1", "'0.95'"],
    ),
    "a target of no bytes": (_target("int8_bytes", max=0), ["target mcu: int8_bytes", "max 0", "at least 1"]),
    "a target of a time below 0": (_target("latency_ms", max=-1), ["target mcu: latency_ms", "max -1", "at least 0"]),
    "a target's limit on params": (
        _target("params", max=10**6),
        ["target mcu: params", "did you mean parameters?"],
    ),
    "time below 0": (_constraint("latency_ms", max=-1), ["latency_ms", "max -1", "at least 0"]),
    "learning_rate": (
        _hyperparameter("learning_rate", real={"min": "0.001", "max": "0.1"}),
        ["learning_rate", "nearest: learningRate", "the trainer knows optimizer, learningRate"],
    ),
    "lr": (_hyperparameter("lr", choice=["0.1"]), ["nearest: learningRate"]),
    "no name of a setting": (_hyperparameter("block", choice=["a"]), ["block", "no setting", "nearest: none"]),
    **{
        f"{name}: {kind} {value}": (
            _hyperparameter(name, **{kind: value}),
            [name, "each value must be", *words],
        )
        for name, kind, value, *words in (
            ("learningRate", "choice", ["0.1", "-1"], "-1", "a number of at least 0"),
            ("learningRate", "choice", ["fast"], "fast", "a number of at least 0"),
            ("weightDecay", "real", {"min": "-0.1", "max": "0.1"}, "a number of at least 0"),
            ("mixup", "subset", {"members": ["0.1"]}, "a number of at least 0"),
            ("dropout", "choice", ["0", "1"], "below 1"),
            ("dropout", "integer", {"min": 0, "max": 1}, "below 1"),
            ("momentum", "real", {"min": "0.5", "max": "1"}, "below 1"),
            ("batchSize", "choice", ["64", "0"], "0", "a whole number from 1 to 65536"),
            ("batchSize", "choice", ["64.5"], "64.5", "a whole number from 1 to 65536"),
            ("batchSize", "integer", {"min": 32, "max": 70000}, "a whole number from 1 to 65536"),
            ("warmupEpochs", "real", {"min": "0", "max": "5"}, "a whole number from 0 to 1000"),
            ("optimizer", "choice", ["sgd", "adam"], "adam", "one of sgd, adamw"),
            ("optimizer", "integer", {"min": 0, "max": 1}, "one of sgd, adamw"),
            ("schedule", "choice", ["linear"], "one of cosine, constant, step, one-cycle"),
            ("augmentation", "choice", ["flip", "blur"], "blur", "joined by +"),
            ("augmentation", "subset", {"members": ["flip", "none"]}, "joined by +"),
        )
    },
}  # fmt: skip


def _task(kind: str, **spec: Any) -> Spec:
    return {"task": {"type": kind, "dataset": {"volume": {"claimName": "data"}}}, **spec}


_RMSE = {"objectives": [{"metric": "val_rmse", "goal": "minimize"}]}

DENIED_SEARCHES |= {
    "fewer trials at most than at least": (
        {"budget": {"parallelTrials": 2, "minParallelTrials": 3}},
        ["minParallelTrials", "lower it, or raise parallelTrials"],
    ),
    "a budget of GPU-hours without a limit of each trial": (
        {"budget": {"maxGPUHours": "1.5"}},
        ["budget.maxGPUHours", "add evaluation.maxTrialDuration"],
    ),
    # ---- metrics that the trainer does not report for the task
    **{
        f"{metric} for {meant}": (
            _objective(metric),
            [metric, f"did you mean {meant}?"],
        )
        for metric, meant in (
            ("val_acuracy", "val_accuracy"),
            ("val_acc", "val_accuracy"),
            ("balanced_accuracy", "val_balanced_accuracy"),
            ("acc", "val_accuracy"),
            ("val_auc", "val_roc_auc"),
            ("test_accuracy", "val_accuracy"),
            ("val_top5", "val_top_5_accuracy"),
            ("val_F1", "val_f1"),
        )
    },
    "a metric that means nothing here": (_objective("val_bleu"), ["val_bleu", "no such metric", "It reports val_loss"]),
    "a deviation of one training": (
        _objective("val_accuracy_std", goal="minimize"),
        ["val_accuracy_std", "no such metric"],
    ),
    "scores as an objective": (_objective("proxy_synflow"), ["proxy_synflow", "no such metric"]),
    "a cost that is not reported": (
        {"strategy": {"bayesian": {"costMetric": "train_second"}}},
        ["strategy.bayesian.costMetric", "train_second", "train_seconds"],
    ),
    "a constraint on params": (_constraint("params", max=10**6), ["params", "did you mean parameters?"]),
    "a constraint on latency": (_constraint("latency", max=5), ["latency", "did you mean latency_ms?"]),
    "an accuracy of a regression": (
        {**_task("regression"), **_objective("val_accuracy")},
        ["val_accuracy", "no such metric for this task", "It reports val_loss, val_mse, val_rmse, val_mae, val_r2"],
    ),
    "R² of classes": (_objective("val_r2"), ["val_r2", "no such metric for this task"]),
    "top 5 of several labels": (
        {
            "task": {"multiLabel": True, "dataset": {"volume": {"claimName": "data"}}},
            **_objective("val_top_5_accuracy"),
        },
        ["val_top_5_accuracy", "no such metric for this task", "val_f1_micro"],
    ),
    # ---- spaces for other data
    **{
        f"{space} for {kind}": (
            _task(kind, searchSpace={"name": space}, **(_RMSE if kind == "regression" else {})),
            [space, kind, right],
        )
        for space, kind, right in (
            ("text-transformer", "image-classification", "mobilenet-v2"),
            ("bert", "tabular-classification", "tabular"),
            ("nas-bench-201", "text-classification", "text-transformer"),
            ("tabular", "image-classification", "efficientnet"),
            ("speech-cnn-rnn", "text-classification", "bert"),
            ("mobilenet", "audio-classification", "speech-cnn-rnn"),
            ("tiny", "regression", "tabular"),
            ("multi-modal", "time-series-classification", "speech-cnn-rnn"),
        )
    },
    "stages for tables": (
        _task("tabular-classification", searchSpace={"stages": [{"blocks": ["conv"], "widths": [8]}]}),
        ["tabular-classification"],
    ),
    # ---- data sets and settings of another task
    "digits as texts": (
        {"task": {"type": "text-classification", "dataset": {"name": "digits"}}},
        ["digits", "image-classification", "text-classification"],
    ),
    "diabetes as images": ({"task": {"dataset": {"name": "diabetes"}}}, ["diabetes", "regression"]),
    "smoothed labels of a regression": (
        _task("regression", evaluation={"labelSmoothing": "0.1"}, **_RMSE),
        ["evaluation.labelSmoothing is for image-classification", "remove it", "regression"],
    ),
    "mixed texts": (
        _task("text-classification", evaluation={"mixup": "0.2"}),
        ["evaluation.mixup is for image-classification", "remove it"],
    ),
    "pasted rows": (
        _task("tabular-classification", evaluation={"cutmix": 1}),
        ["evaluation.cutmix is for image-classification", "remove it"],
    ),
    "flipped sound": (
        _task("audio-classification", evaluation={"augmentation": ["flip"]}),
        ["evaluation.augmentation is for image-classification", "remove it"],
    ),
    "masked images": (
        {"evaluation": {"augmentation": ["spec-augment"]}},
        ["evaluation.augmentation is for audio-classification", "remove it"],
    ),
    **{
        f"{name} for {kind}": (
            {
                "task": {"type": kind, "dataset": {"volume": {"claimName": "data"}, "format": name}},
                **(_RMSE if kind == "regression" else {}),
            },
            [name, kind, "correct one of them"],
        )
        for name, kind in (
            ("image-folder", "tabular-classification"),
            ("audio-folder", "image-classification"),
            ("text-folder", "image-classification"),
            ("idx", "regression"),
            ("csv", "time-series-classification"),
        )
    },
    "a width that bert has no heads for": (
        _task("text-classification", searchSpace={"name": "bert", "width": 100}),
        ["bert has heads of 64", "width"],
    ),
    "a size of images for texts": (
        {
            "task": {
                "type": "text-classification",
                "dataset": {"volume": {"claimName": "data"}, "image": {"size": 32}},
            }
        },
        ["task.dataset.image.size is for images", "remove it", "text-classification"],
    ),
    "a warm-up without an end": (
        {"evaluation": {"epochs": 5, "optimizer": {"warmupEpochs": 5}}},
        ["evaluation.optimizer.warmupEpochs leaves no epoch for training", "lower it"],
    ),
    # ---- data
    **{
        f"a built-in data set with {field}": (
            {"task": {"dataset": {"name": "digits", field: value}}},
            ["target, targets, splitColumn, group and time are columns of data of your own", "remove them"],
        )
        for field, value in (("target", "y"), ("splitColumn", "part"), ("group", "patient"), ("time", "day"))
    },
    **{
        f"the target as {field}": (
            {
                "task": {
                    "type": "tabular-classification",
                    "dataset": {"volume": {"claimName": "data"}, "target": "price", **value},
                }
            },
            ["target", "price", "nothing else may name"],
        )
        for field, value in (
            ("group", {"group": "price"}),
            ("time", {"time": "price"}),
            ("split", {"splitColumn": "price"}),
            ("ignored", {"columns": {"ignore": ["id", "price"]}}),
        )
    },
    "nothing left to train on": (
        {"task": {"dataset": {"name": "digits", "validationFraction": "0.6", "testFraction": "0.4"}}},
        ["testFraction and validationFraction leave nothing to train on", "lower them"],
    ),
    **{
        f"the path {path} of a volume": (
            {"task": {"dataset": {"volume": {"claimName": "data", "path": path}}}},
            [path, "a path within the volume"],
        )
        for path in ("/etc", "../other", "a/../../b")
    },
    "folds by age": (
        {
            "task": {"type": "tabular-classification", "dataset": {"volume": {"claimName": "data"}, "time": "day"}},
            "evaluation": {"folds": 5},
        },
        ["evaluation.folds divides at random", "remove one of them"],
    ),
    **{
        f"a supernet with {name}": (fields | {"evaluation": evaluation | {"supernet": {}}}, words)
        for name, fields, evaluation, words in (
            ("early stopping", {}, {"earlyStopping": {"median": {}}}, ["earlyStopping needs learning curves"]),
            ("folds", {}, {"folds": 3}, ["trained on one split", "remove evaluation.folds"]),
            ("repeats", {}, {"repeats": 2}, ["repeats would all be the same", "remove evaluation.repeats"]),
            ("weights", {}, {"initFrom": {"path": "/w.safetensors"}}, ["start from the shared weights"]),
            ("rungs", {"strategy": {"rungs": {}}}, {"epochs": 9}, ["strategy.rungs", "remove it"]),
            (
                "hyperparameters",
                {"hyperparameters": [{"name": "batchSize", "choice": [32, 64]}]},
                {},
                ["trained with one setting", "remove hyperparameters"],
            ),
            ("an image", {"trialTemplate": {"image": "trainer:1"}}, {}, ["only the trainer that ships shares weights"]),
            ("gradients", {"strategy": {"gdas": {}}}, {}, ["trained from scratch", "remove evaluation.supernet"]),
        )
    },
    "rungs and targets": (
        {"strategy": {"rungs": {}}, "evaluation": {"epochs": 9}, "targets": _TARGETS, "storage": {"bucket": "nas"}},
        ["promotes by one ranking", "remove rungs, or targets"],
    ),
    "early stopping and targets": (
        {"evaluation": {"earlyStopping": {"median": {}}}, "targets": _TARGETS},
        ["those of a strict target are worse", "remove it, or targets"],
    ),
    "a long name of a target's model": (
        {
            "targets": _TARGETS,
            "storage": {"bucket": "nas"},
            "retrain": {"epochs": 9, "publish": {"name": "m" * 35}},
        },
        ["<retrain.publish.name>-<target>", "40 characters"],
    ),
    "another search's supernet, and epochs": (
        {"evaluation": {"supernet": {"from": {"search": "first"}, "epochs": 10}}},
        ["not trained again", "remove training and epochs, or from"],
    ),
    "a predictor behind a strategy that has its own": (
        {"strategy": {"bayesian": {}}, "evaluation": {"prefilter": {"predictor": {}}}},
        ["evaluation.prefilter.predictor", "regularizedEvolution", "remove it"],
    ),
    "gradients on stages": (
        {"strategy": {"darts": {}}, "searchSpace": {"name": "mobilenet"}},
        ["gradient strategies are for spaces of cells", "nas-bench-201"],
    ),
    "gradients on texts": (
        {"strategy": {"drNas": {}}, "task": {"type": "text-classification", "dataset": {"volume": {"claimName": "d"}}}},
        ["gradient strategies are for spaces of cells"],
    ),
    "gradients after scores": (
        {"strategy": {"pcDarts": {}}, "evaluation": {"prefilter": {}}},
        ["chooses by itself", "remove evaluation.prefilter"],
    ),
    "gradients and a table": (
        {"strategy": {"darts": {}}, "evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}}},
        ["only the trainer that ships shares weights", "evaluation.benchmark"],
    ),
}

_SCOPED = {"bucket": "nas", "endpoint": "https://s3.example.com", "scoped": True}

DENIED_SEARCHES |= {
    "scoped at Amazon without a role": (
        {"storage": {"bucket": "nas", "scoped": True}},
        ["storage.scoped on Amazon S3 needs a role", "storage.roleARN"],
    ),
    "scoped below a prefix with a pattern": (
        {"storage": _SCOPED | {"prefix": "team-*"}},
        ["* stands for any", "take it out of storage.prefix"],
    ),
    "a role without scoped": (
        {"storage": {"bucket": "nas", "roleARN": "arn:aws:iam::123456789012:role/trials"}},
        ["storage.roleARN is for storage.scoped alone", "set scoped: true, or remove it"],
    ),
    "scoped without a Secret": (
        {"storage": _SCOPED, "trialTemplate": {"serviceAccountName": "trainer"}},
        ["storage.scoped limits the key of a Secret", "name the Secret in storage.secretRef"],
    ),
}


DENIED_ON_A_CLUSTER: dict[str, tuple[Spec, list[str]]] = {
    "a knowledge base without a bucket": (
        {"strategy": {"random": {}}, "warmStart": {"knowledge": {}}},
        ["warmStart.knowledge and imported are in the bucket of spec.storage; set that, or name warmStart.searches"],
    ),
    "imported results without a bucket": (
        {"strategy": {"random": {}}, "warmStart": {"imported": ["a"]}},
        ["warmStart.knowledge and imported are in the bucket of spec.storage"],
    ),
    "a supernet without a storage": (
        {"evaluation": {"supernet": {}}},
        ["evaluation.supernet and gradient strategies need storage", "add spec.storage"],
    ),
    "a target's name": (
        {"targets": [{"name": "My Phone", "constraints": [{"metric": "flops", "max": 10**9}]}]},
        ["targets", "must be a label of at most 20 characters"],
    ),
    "a path in no image": (
        {"task": {"dataset": {"path": "/home/me/data"}}},
        ["spec.task.dataset.path", "/home/me/data", "set trialTemplate.image, or use task.dataset.uri"],
    ),
    "decisions for the trainer that ships": (
        {"searchSpace": {"decisions": [{"name": "layers", "integer": {"min": 1, "max": 4}}]}},
        ["searchSpace.decisions are for a trainer of your own", "set trialTemplate.image"],
    ),
    "no objective at all": (
        {"objectives": []},
        ["spec.objectives", "name at least one metric, or leave objectives out"],
    ),
    "a learning rate without quotes": (
        {"evaluation": {"optimizer": {"learningRate": 0.01}}},
        ["spec.evaluation.optimizer.learningRate", "must be of type integer,string"],
    ),
    "a limit without quotes": (
        {"constraints": [{"metric": "latency_ms", "max": 0.5}]},
        ["spec.constraints[0].max", "must be of type integer,string"],
    ),
    "a target without quotes": (
        {"objectives": [{"metric": "val_accuracy", "target": 0.95}]},
        ["spec.objectives[0].target", "must be of type integer,string"],
    ),
    "half a GPU without quotes": (
        {"trialTemplate": {"resources": {"limits": {"nvidia.com/gpu": 0.5}}}},
        ["spec.trialTemplate.resources.limits", "must be of type integer,string"],
    ),
    "published weights in a bucket that is not named": (
        {"evaluation": {"initFrom": {"uri": "s3://models/resnet.safetensors"}}},
        ["evaluation.initFrom needs storage", "add spec.storage"],
    ),
    "the weights of a model without a bucket": (
        {"evaluation": {"initFrom": {"model": "digits-1"}}},
        ["evaluation.initFrom needs storage", "add spec.storage"],
    ),
    "weights of two places": (
        {"evaluation": {"initFrom": {"model": "digits-1", "path": "/models/w.safetensors"}}},
        ["set exactly one of model, uri and path", "found: model path"],
    ),
    "weights of a hash that is none": (
        {"evaluation": {"initFrom": {"path": "/models/digits/", "sha256": "sha256:5eed"}}},
        ["spec.evaluation.initFrom.sha256", "64 hexadecimal digits in lower case"],
    ),
    "published weights as a pickle": (
        {"evaluation": {"initFrom": {"path": "/models/resnet.pt"}}},
        ["spec.evaluation.initFrom.path", "/models/resnet.pt", "a .safetensors file"],
    ),
    "a tokenizer in a bucket that is not named": (
        _task("text-classification")
        | {
            "task": {
                "type": "text-classification",
                "dataset": {"volume": {"claimName": "d"}, "text": {"tokenizer": "s3://models/tokenizer.json"}},
            }
        },
        ["task.dataset.text.tokenizer in a bucket needs storage", "add spec.storage"],
    ),
    "a table of another space": (
        {"searchSpace": {"name": "nasnet"}, "evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}}},
        ["spec.searchSpace", "is of the space nas-bench-201", "set searchSpace.name to it"],
    ),
    "a certificate that is a path": (
        {"storage": {"bucket": "nas", "caBundle": "/etc/ssl/ca.pem"}},
        ["spec.storage.caBundle", "must be certificates in PEM"],
    ),
    **{
        f"the name of a {what} with odd characters": (
            spec,
            [path, "My_Claim", "an object's name: lower-case letters"],
        )
        for what, path, spec in (
            (
                "claim",
                "spec.task.dataset.volume.claimName",
                {"task": {"dataset": {"volume": {"claimName": "My_Claim"}}}},
            ),
            ("cache", "spec.trialTemplate.dataCacheClaim", {"trialTemplate": {"dataCacheClaim": "My_Claim"}}),
            (
                "Secret",
                "spec.storage.secretRef.name",
                {"storage": {"bucket": "nas", "secretRef": {"name": "My_Claim"}}},
            ),
            ("space", "spec.searchSpace.ref.name", {"searchSpace": {"ref": {"name": "My_Claim"}}}),
        )
    },
    "an augmentation twice": (
        {"evaluation": {"augmentation": ["flip", "flip"]}},
        ["spec.evaluation.augmentation", "name each augmentation once"],
    ),
    "a target twice": (
        {
            "task": {"type": "regression", "dataset": {"volume": {"claimName": "d"}, "targets": ["a", "a"]}},
            **_RMSE,
        },
        ["spec.task.dataset.targets", "name each column once"],
    ),
    "half a byte of examples": (
        {"task": {"dataset": {"name": "digits", "memoryLimit": "512m"}}},
        ["spec.task.dataset.memoryLimit", "no examples fit into less than 1Mi"],
    ),
    "epochs in quotes": ({"evaluation": {"epochs": "10"}}, ["spec.evaluation.epochs", "must be of type integer"]),
}
"""What only the API server denies: it sees the manifest, where the models see values, and the cluster."""

OWN_HYPERPARAMETERS: Spec = {"hyperparameters": [{"name": "lr", "choice": ["-1"]}]}

ACCEPTED_SEARCHES: dict[str, Spec] = {
    "over nodes": {
        "storage": {"bucket": "nas"},
        "trialTemplate": {"nodes": 64},
        "evaluation": {"prefilter": {"proxies": ["naswot"]}, "candidatesPerTrial": 1},
        "retrain": {"top": 2, "epochs": 20},
    },
    "another kind than Job": {"trialTemplate": {"nodes": 1, "jobKind": "jobset"}},
    "one node": {"trialTemplate": {"nodes": 1}, "evaluation": {"candidatesPerTrial": 4}, "storage": {"bucket": "nas"}},
    "shared weights": {
        "storage": {"bucket": "nas"},
        "evaluation": {"supernet": {"training": "sandwich", "recalibration": 0}, "candidatesPerTrial": 16},
        "strategy": {"regularizedEvolution": {}},
        "searchSpace": {"name": "mobilenet"},
        "targets": [
            {"name": "phone", "constraints": [{"metric": "flops", "max": 10**9}]},
            {"name": "mcu", "constraints": [{"metric": "int8_bytes", "max": 10**6}]},
        ],
    },
    "another search's shared weights": {
        "storage": {"bucket": "nas"},
        "evaluation": {"supernet": {"from": {"search": "first"}}, "prefilter": {}},
    },
    "gradients on the default space": {"storage": {"bucket": "nas"}, "strategy": {"darts": {"order": "second"}}},
    "gradients on cells of one's own": {
        "storage": {"bucket": "nas"},
        "strategy": {"pcDarts": {"runs": 4, "skipLimit": 2}},
        "searchSpace": {"cell": {"kind": "edges", "operations": ["none", "conv_3x3"]}},
    },
    "defaults": {},
    "right directions": {
        "objectives": [
            {"metric": "val_accuracy", "target": "0.95"},
            {"metric": "val_loss", "goal": "minimize", "target": 0},
            {"metric": "throughput_per_s", "target": 5000},
        ],
        "constraints": [{"metric": "val_accuracy", "min": "0.5", "max": 2}, {"metric": "parameters", "max": "1e6"}],
    },
    "names of another meaning": {
        "objectives": [{"metric": "lossless"}, {"metric": "val_accuracy_gain"}],
        "trialTemplate": {"image": "trainer:1"},
    },
    "whole numbers without quotes": {
        "objectives": [{"metric": "val_accuracy", "weight": 2}, {"metric": "val_loss", "goal": "minimize"}],
        "hyperparameters": [
            {"name": "batchSize", "choice": [32, 64]},
            {"name": "clipNorm", "real": {"min": 0, "max": 5}},
        ],
        "evaluation": {"mixup": 1, "dropout": 0, "optimizer": {"learningRate": 1}},
        "budget": {"maxDuration": "2d"},
    },
    "a table for a regression": {
        "task": {"type": "regression", "dataset": {"name": "diabetes"}},
        "searchSpace": {"name": "tabular"},
        "objectives": [{"metric": "val_rmse", "goal": "minimize"}, {"metric": "int8_bytes", "goal": "minimize"}],
        "constraints": [{"metric": "val_rmse_std", "max": 20}],
        "evaluation": {"repeats": 2},
    },
    "several labels": {
        "task": {"type": "text-classification", "multiLabel": True, "dataset": {"volume": {"claimName": "mails"}}},
        "searchSpace": {"name": "bert"},
        "objectives": [{"metric": "val_f1_micro"}],
    },
    "series": {
        "task": {"type": "time-series-classification", "dataset": {"volume": {"claimName": "series"}}},
        "searchSpace": {"name": "speech-cnn-rnn"},
        "evaluation": {"labelSmoothing": "0.1"},
    },
    "several inputs": {
        "task": {"type": "multi-modal-classification", "dataset": {"volume": {"claimName": "posts"}}},
        "searchSpace": {"name": "multi-modal"},
        "evaluation": {"augmentation": ["flip"]},
    },
    "anything for a trainer of one's own": {
        "task": {"type": "regression", "dataset": {"path": "/opt/data"}},
        "searchSpace": {"decisions": [{"name": "layers", "integer": {"min": 1, "max": 4}}]},
        "objectives": [{"metric": "val_bleu"}],
        "evaluation": {"labelSmoothing": "0.1"},
        "trialTemplate": {"image": "trainer:1"},
    },
    "a table of another task": {
        "task": {"type": "text-classification", "dataset": {"name": "digits"}},
        "searchSpace": {"name": "nas-bench-201"},
        "objectives": [{"metric": "cifar_accuracy"}],
        "evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}},
    },
    "settings of the trainer": {
        "hyperparameters": [
            {"name": "optimizer", "choice": ["sgd", "adamw"]},
            {"name": "learningRate", "real": {"min": "1e-5", "max": "1", "log": True}},
            {"name": "weightDecay", "choice": ["0", "5e-4"]},
            {"name": "momentum", "real": {"min": "0.5", "max": "0.99"}},
            {"name": "schedule", "choice": ["cosine", "one-cycle"]},
            {"name": "warmupEpochs", "integer": {"min": 0, "max": 5}},
            {"name": "clipNorm", "integer": {"min": 0, "max": 5}},
            {"name": "batchSize", "integer": {"min": 32, "max": 512, "log": True}},
            {"name": "accumulation", "choice": ["1", "2"]},
            {"name": "labelSmoothing", "real": {"min": "1e-5", "max": "0.1", "log": True}},
            {"name": "dropout", "choice": ["0", ".5", "1e-3"]},
            {"name": "augmentation", "choice": ["none", "flip", "crop+flip"]},
            {"name": "mixup", "real": {"min": "0", "max": "1"}},
            {"name": "averageDecay", "choice": ["0", "0.999"]},
        ]
    },
    "a subset of augmentations": {
        "hyperparameters": [{"name": "augmentation", "subset": {"members": ["flip", "crop", "rand-augment"]}}]
    },
    "hyperparameters of an image": OWN_HYPERPARAMETERS | {"trialTemplate": {"image": "trainer:1"}},
    "hyperparameters of a command": OWN_HYPERPARAMETERS | {"trialTemplate": {"command": ["python3", "train.py"]}},
    "hyperparameters of a table": OWN_HYPERPARAMETERS | {"evaluation": {"benchmark": {"path": "/data/fcnet.csv"}}},
    "a trainer of one's own": {
        **_objective("val_loss", target=95),
        **_constraint("val_accuracy", min=90),
        "trialTemplate": {"image": "trainer:1"},
    },
    "a table in per cent": {
        **_objective("val_accuracy", target=95),
        "evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}},
    },
}
