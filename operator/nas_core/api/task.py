"""`spec.task` of a search: what is to be learned, from which data."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import Fraction


class Dataset(ApiModel):
    """Where the examples come from."""

    rules: ClassVar = (
        Rule(
            "has(self.name) != has(self.uri)",
            "set exactly one of name (a built-in data set) and uri (your own, s3://bucket/key)",
        ),
    )

    name: Literal["digits"] | None = Field(
        default=None,
        description="A data set built into the trial image: digits (scikit-learn, 1,797 grey images of 8x8).",
    )
    uri: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$",
        json_schema_extra=k8s(must="an address in a bucket, s3://bucket/key"),
        description="Your own data: an .npz object, or a prefix with MNIST's IDX files or folders of images a class.",
    )
    format: Literal["auto", "npz", "idx", "image-folder"] = Field(
        default="auto", description="How to read uri. auto decides by the names of the objects."
    )
    max_examples: int | None = Field(
        default=None,
        ge=10,
        le=100_000_000,
        description="Use at most this many examples, drawn evenly over the classes by the seed.",
    )
    validation_fraction: Fraction = Field(
        default="0.2",
        description="Share of the training examples that the trials are judged on, between 0 and 1, as a string.",
    )


class Task(ApiModel):
    """What is to be learned."""

    type: Literal["image-classification"] = Field(default="image-classification", description="The kind of problem.")
    dataset: Dataset = Field(description="The examples to learn from.")
