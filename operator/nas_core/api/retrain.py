"""`spec.retrain` of a search: the best candidates are trained again in full."""

from __future__ import annotations

from pydantic import Field

from nas_core.api.base import ApiModel


class Retrain(ApiModel):
    """Retraining of the best when the search's budget is spent.

    Each is trained from scratch on the training and the validation examples and evaluated on the test split, which no
    trial of the search has seen. Without a test split it is evaluated as in the search. So a candidate does not win
    because it suits the search's short training, or by luck on the validation split.
    """

    top: int = Field(
        default=1,
        ge=1,
        le=20,
        description="How many of the best; with several objectives at most this many of the Pareto front.",
    )
    epochs: int = Field(ge=1, le=100_000, description="Epochs of each retraining.")
