"""The trainer of `tests.support.trainer_without_s3` with steps that take time on every machine, and little work."""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.support.trainer_without_s3 import linear, replace_parts

from nas_trial import main

STEP_S = 0.01


def slow(*_: Any) -> Any:
    """Return a network of one layer that is in no hurry."""
    network = linear()
    network.layer.register_forward_pre_hook(lambda *_: time.sleep(STEP_S) if network.training else None)
    return network


if __name__ == "__main__":
    replace_parts()
    from nas_trial.work import train

    train.build_network = slow  # type: ignore[assignment,attr-defined]
    sys.exit(main.main())
