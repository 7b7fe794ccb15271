"""The table of the methods. A new one is a file with its class, and a row here."""

from __future__ import annotations

from collections.abc import Mapping

from nas_core.api.gradient import Darts, DrNas, Gdas, Gradient, PcDarts
from nas_trial.supernet.gradient.darts import DartsMethod
from nas_trial.supernet.gradient.dr_nas import DrNasMethod
from nas_trial.supernet.gradient.gdas import GdasMethod
from nas_trial.supernet.gradient.method import Method
from nas_trial.supernet.gradient.pc_darts import PcDartsMethod

METHODS: Mapping[type[Gradient], type[Method]] = {
    Darts: DartsMethod,
    PcDarts: PcDartsMethod,
    Gdas: GdasMethod,
    DrNas: DrNasMethod,
}
