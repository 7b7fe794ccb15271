"""`spec.task` of a search: what to learn, and from which data."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import NUMBER_AS_TEXT, ApiModel, Rule, k8s
from nas_core.api.types import QUANTITY_RULES, Fraction, ObjectName, Quantity, each_once
from nas_core.api.union import MEMBER, Union

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]


class Columns(ApiModel):
    """Types of the columns of a table. The type of a column that is not named here follows from its values."""

    numeric: list[ColumnName] = Field(
        default=[], max_length=512, description="Columns of numbers: an error if one holds something else."
    )
    categorical: list[ColumnName] = Field(
        default=[], max_length=512, description="Columns of categories, whatever they hold."
    )
    text: ColumnName | None = Field(default=None, description="The column of texts; default: the one called text.")
    image: ColumnName | None = Field(
        default=None,
        description="The column of image files, relative to the table; default: the one called image.",
    )
    audio: ColumnName | None = Field(
        default=None,
        description="The column of sound files, relative to the table; default: the one called audio.",
    )
    ignore: list[ColumnName] = Field(default=[], max_length=512, description="Columns that are left out.")


class ImageOptions(ApiModel):
    """How images are resized."""

    size: int | None = Field(
        default=None,
        ge=4,
        le=2048,
        description="Height and width in pixels: images are scaled and cropped in the middle. Default: as they are.",
    )


class TextOptions(ApiModel):
    """How texts become tokens: words in lower case and punctuation marks, learned from the training examples."""

    vocabulary: int = Field(
        default=10_000, ge=8, le=1_000_000, description="Size of the vocabulary: the most frequent tokens."
    )
    length: int = Field(default=128, ge=1, le=8192, description="Tokens of a text; longer ones are cut.")
    tokenizer: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?/.+$",
        json_schema_extra=k8s(must="an address in a bucket, s3://bucket/key, or a path beginning with /"),
        description=(
            "A published tokenizer instead, as its weights need it (evaluation.initFrom): a tokenizer.json, or the "
            "vocab.txt of a BERT. vocabulary is then that of the file."
        ),
    )


class AudioOptions(ApiModel):
    """How sound is converted: mono, with one rate and one length."""

    seconds: Annotated[str, NUMBER_AS_TEXT] = Field(
        default="1",
        max_length=16,
        pattern=r"^([1-9][0-9]{0,3}(\.[0-9]{1,6})?|0?\.[0-9]{0,5}[1-9])$",
        json_schema_extra=k8s(int_or_string=True, must="a number of seconds above 0, such as 2 or '1.5'"),
        description="Length in seconds. Longer sound is cut, shorter sound is padded with silence.",
    )
    rate: int = Field(
        default=16_000, ge=1000, le=192_000, description="Samples a second; files of another rate are resampled."
    )


_OUTSIDE = "^/|(^|/)[.][.](/|$)"


class VolumeSource(ApiModel):
    """A volume that holds the data; trials see it read-only."""

    rules: ClassVar = (
        Rule(
            f"!has(self.path) || !self.path.matches('{_OUTSIDE}')",
            "path is a path within the volume, without / at its beginning and without ..",
            message_expression=(
                "'path must be a path within the volume, without / at its beginning and without .., not ' + self.path"
            ),
            field_path=".path",
            broken_by=lambda held: held.path if re.search(_OUTSIDE, held.path) else None,
        ),
    )

    claim_name: ObjectName = Field(description="Name of a PersistentVolumeClaim in the namespace of the search.")
    path: str = Field(default="", max_length=512, description="File or folder in the volume; default: all of it.")


_TWICE = " || ".join(f"(has(self.{role}) && self.{role} == self.target)" for role in ("splitColumn", "group", "time"))


class Dataset(Union):
    """Where the examples come from, and what they look like."""

    rules: ClassVar = (
        Rule(
            "!has(self.target) || !has(self.targets)",
            "target names one column and targets several; remove one of them",
            field_path=".targets",
        ),
        Rule(
            "!has(self.group) || !has(self.time)",
            "group and time both say how rows are divided; remove one of them",
            field_path=".time",
        ),
        Rule(
            "!has(self.name) || !(has(self.target) || has(self.targets) || has(self.splitColumn) || has(self.group) || "
            "has(self.time))",
            "target, targets, splitColumn, group and time are columns of data of your own; remove them, or name",
            field_path=".name",
            broken_by=lambda held: (
                held.name
                if held.name and (held.target or held.targets or held.split_column or held.group or held.time)
                else None
            ),
        ),
        Rule(
            f"!has(self.target) || !({_TWICE} || (has(self.columns) && has(self.columns.ignore) && "
            "self.target in self.columns.ignore))",
            "target is a column that nothing else may name: not splitColumn, group, time or columns.ignore",
            message_expression="'target ' + self.target + ' is a column that nothing else may name: not splitColumn, "
            "group, time or columns.ignore; name another'",
            field_path=".target",
            broken_by=lambda held: (
                held.target
                if held.target and held.target in (held.split_column, held.group, held.time, *held.columns.ignore)
                else None
            ),
        ),
        Rule(
            "!has(self.testFraction) || !has(self.validationFraction) || "
            "double(string(self.testFraction)) + double(string(self.validationFraction)) < 1.0",
            "testFraction and validationFraction leave nothing to train on; lower them to less than 1 together",
            field_path=".testFraction",
            broken_by=lambda held: (
                f"{held.test_fraction} and {held.validation_fraction}"
                if held.test_fraction and float(held.test_fraction) + float(held.validation_fraction) >= 1
                else None
            ),
        ),
    )

    name: Literal["digits", "breast-cancer", "diabetes"] | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "A data set built into the trial image, of scikit-learn: digits (1,797 grey images of 8x8), breast-cancer "
            "(569 rows of 30 numbers, two classes), diabetes (442 rows of 10 numbers, a regression)."
        ),
    )
    uri: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$",
        json_schema_extra=k8s(must="an address in a bucket, s3://bucket/key") | MEMBER,
        description="Your own data on the server of spec.storage: an object, or a prefix with several.",
    )
    volume: VolumeSource | None = Field(
        default=None, json_schema_extra=MEMBER, description="Your own data in a volume."
    )
    path: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^/.+$",
        json_schema_extra=k8s(must="a path beginning with /") | MEMBER,
        description="Your own data in the image of spec.trialTemplate: a file or a folder.",
    )
    format: Literal["auto", "npz", "idx", "image-folder", "audio-folder", "text-folder", "csv", "parquet", "jsonl"] = (
        Field(default="auto", description="How to read the data. auto decides by the names of the files.")
    )
    target: ColumnName | None = Field(
        default=None,
        description="Column of a table to predict. Default: the one called target, label, class or y.",
    )
    targets: list[ColumnName] | None = Field(
        default=None,
        min_length=2,
        max_length=64,
        json_schema_extra=k8s(rules=(each_once("column"),)),
        description=(
            "Columns of a table to predict together, instead of target: several numbers of a regression or, with "
            "task.multiLabel, several labels of which each is true or false."
        ),
    )
    columns: Columns = Field(default=Columns(), description="Types of the other columns of a table.")
    split_column: ColumnName | None = Field(
        default=None,
        description="Column of a table with the split of each row: train, val or test. Default: the one called split.",
    )
    group: ColumnName | None = Field(
        default=None,
        description=(
            "Column of a table that says what belongs together, such as a patient: rows of one group come into one "
            "split. It is no input."
        ),
    )
    time: ColumnName | None = Field(
        default=None,
        description=(
            "Column of a table with the time of each row, as numbers or ISO 8601 dates: the newest rows are tested "
            "on, those before them validate. It is no input."
        ),
    )
    duplicates: Literal["auto", "together", "ignore"] = Field(
        default="auto",
        description=(
            "What is done with examples that are equal. together: they come into one split. ignore: each is divided "
            "by itself. auto: together, but in tables and texts in which most examples have an equal one."
        ),
    )
    memory_limit: Quantity | None = Field(
        default=None,
        json_schema_extra=k8s(
            int_or_string=True,
            rules=(
                *QUANTITY_RULES,
                Rule(
                    "!isQuantity(string(self)) || !quantity(string(self)).isLessThan(quantity('1Mi'))",
                    "no examples fit into less than 1Mi; m is a thousandth of a byte, Mi a mebibyte",
                ),
            ),
        ),
        description=(
            "Memory that the examples may take in a trial, such as 2Gi. Data that need more are read piece by piece "
            "while training. Default: a quarter of the container's memory limit."
        ),
    )
    image: ImageOptions = Field(default=ImageOptions(), description="How images are resized.")
    text: TextOptions = Field(default=TextOptions(), description="How texts become tokens.")
    audio: AudioOptions = Field(default=AudioOptions(), description="How sound is converted.")
    max_examples: int | None = Field(
        default=None,
        ge=10,
        le=100_000_000,
        description="Use at most this many examples, drawn evenly over the classes by the seed.",
    )
    validation_fraction: Fraction = Field(
        default="0.2",
        description=(
            "Share of the training examples used for validation, between 0 and 1, as a string. Without "
            "effect if the data have a validation split."
        ),
    )
    test_fraction: Fraction | None = Field(
        default=None,
        description=(
            "Share of the examples that the search never sees, as a string: retraining is evaluated on "
            "them. Not for data that have a test split."
        ),
    )


class Task(ApiModel):
    """What to learn."""

    rules: ClassVar = (
        Rule(
            "self.type != 'regression' || (self.classWeights == 'none' && !has(self.positiveClass))",
            "classWeights and positiveClass are for classification; remove them from a regression",
        ),
        Rule(
            "!self.multiLabel || (self.type != 'regression' && self.classWeights == 'none' && "
            "!has(self.positiveClass))",
            "multiLabel is for classification without classWeights and positiveClass; remove it or these",
            field_path=".multiLabel",
        ),
        Rule(
            "!has(self.dataset.targets) || self.multiLabel || self.type == 'regression'",
            "dataset.targets needs task.type regression, or task.multiLabel: true; set one of them",
            field_path=".dataset.targets",
        ),
    )

    type: Literal[
        "image-classification",
        "text-classification",
        "audio-classification",
        "time-series-classification",
        "tabular-classification",
        "multi-modal-classification",
        "regression",
    ] = Field(
        default="image-classification",
        description="The kind of problem: which inputs a network gets, and what it predicts. regression is for tables.",
    )
    dataset: Dataset = Field(description="The examples to learn from.")
    multi_label: bool = Field(
        default=False,
        description=(
            "true: an example may be of any number of classes, also none. The targets are several columns "
            "(dataset.targets) or an array (N, classes), of true and false or 1 and 0."
        ),
    )
    class_weights: Literal["none", "balanced"] = Field(
        default="none",
        description="balanced: each class counts the same in the loss, however rare it is (fraud, faults).",
    )
    positive_class: str | None = Field(
        default=None,
        max_length=128,
        description=(
            "With two classes: the one that val_f1, val_average_precision and val_roc_auc are about, such "
            "as fraud. Default: the last in alphabetical order."
        ),
    )
