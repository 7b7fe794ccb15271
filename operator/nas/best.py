"""An architecture that no other one beats, and the model that was made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas_core.api.search_status import BestArchitecture
    from nas_model.model import Model


SHOWN = 4
"""Metrics in the short form."""


@dataclass(frozen=True)
class Best:
    """One of the best."""

    entry: BestArchitecture
    locate: Callable[[str], str]
    """Turns the address of its bundle into what loads it."""

    def __repr__(self) -> str:
        # Those of the objectives are first.
        shown = ", ".join(f"{name}={value:.4g}" for name, value in list(self.metrics.items())[:SHOWN])
        return f"<best {self.trial}: {shown}; {self.architecture}>"

    @property
    def trial(self) -> str:
        """Name of its trial."""
        return self.entry.trial

    @property
    def architecture(self) -> str:
        """The architecture as text."""
        return self.entry.architecture

    @property
    def metrics(self) -> Mapping[str, float]:
        """What the trial reported."""
        return self.entry.metrics

    @property
    def bundle(self) -> str | None:
        """Address of the model's bundle; None: it was not trained again."""
        return self.locate(self.entry.bundle) if self.entry.bundle else None

    def load(self) -> Model:
        """Return the model; from a bucket with AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

        Raises:
            InvalidInput: if there is no bundle.
            ExtraMissing: if what uses models is not installed.
            nas_model.ModelError: if the bundle cannot be read.
        """
        from nas_client.errors import ExtraMissing, InvalidInput

        if self.bundle is None:
            raise InvalidInput(
                f"trial {self.trial} has no model: give the search retrain={{'epochs': 100}} and storage, or make one: "
                f"nasctl export {self.trial}"
            )
        try:
            from nas_model import load

            return load(self.bundle)
        except ModuleNotFoundError as error:
            message = f"a model needs {error.name}, which is not installed; pip install 'nas-operator[predict]'"
            raise ExtraMissing(message) from error
