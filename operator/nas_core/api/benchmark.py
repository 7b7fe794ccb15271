"""`spec.evaluation.benchmark` of a search: a table or surrogate to look candidates up in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_core.api.base import DECIMAL_PATTERN, NUMBER_AS_TEXT, ApiModel, k8s
from nas_core.api.types import MetricName, NonNegative
from nas_core.api.union import MEMBER, Union

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]


class MetricColumn(ApiModel):
    """A metric, and the column that holds it."""

    name: MetricName = Field(description="Name of the metric, such as val_accuracy.")
    column: ColumnName = Field(description="Column of the table, or output of the surrogate.")
    scale: Annotated[
        str,
        NUMBER_AS_TEXT,
        Field(
            max_length=32,
            pattern=DECIMAL_PATTERN,
            json_schema_extra=k8s(int_or_string=True, must="a number such as 100 or '0.01'"),
        ),
    ] = Field(
        default="1",
        description="Factor for the column, as a string: '0.01' makes a percentage a fraction.",
    )
    epochs: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description=(
            "Epochs of training of the column's values. A metric may have several columns, each with its "
            "epochs: a trial reports them one after the other, up to its own epochs. Absent: the values "
            "count for any epoch."
        ),
    )


class Benchmark(Union):
    """A table of trained architectures, or a surrogate fitted to one."""

    table: Literal["nas-bench-201-cifar10"] | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A table in the trial image. nas-bench-201-cifar10: all 15,625 cells, trained for 200 epochs.",
    )
    uri: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+\.(csv|csv\.gz|onnx)$",
        json_schema_extra=k8s(must="the address of a .csv, .csv.gz or .onnx file in a bucket, s3://bucket/key.csv.gz")
        | MEMBER,
        description="A file on the server of spec.storage: a table, or a NAS-Bench-301 surrogate (.onnx).",
    )
    path: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^/.+\.(csv|csv\.gz|onnx)$",
        json_schema_extra=k8s(must="the path of a .csv, .csv.gz or .onnx file, beginning with /") | MEMBER,
        description=(
            "A file in the image of spec.trialTemplate or, below /data, in the volume of spec.task.dataset.volume."
        ),
    )
    metrics: list[MetricColumn] = Field(
        default=[],
        max_length=32,
        description=(
            "Which columns are which metrics. A table in the image and a surrogate have defaults. Of your "
            "own table the default is every column with numbers and the name of a metric, at most 32; those "
            "that the search names come first. The score that evaluation.prefilter and strategy.zeroCost "
            "call synflow is the metric proxy_synflow, for example."
        ),
    )
    seconds_column: ColumnName | None = Field(
        default=None,
        description="Column with the seconds of training. Default: the column of train_seconds, if there is one.",
    )
    time_scale: NonNegative = Field(
        default="0",
        description=(
            "Share of these seconds that a trial really waits, as a string. With '0.001' trials end in the "
            "same order as in the real search. 0: no waiting."
        ),
    )
