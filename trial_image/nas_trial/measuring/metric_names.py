"""The metrics that a network has before it is trained. Needs no PyTorch; a test compares it with what is measured.

The other metrics are named by `nas_trial.learning_tasks` (what a network gets right) and `nas_trial.training.engine`
(how training goes). `nas_core.metric_names` knows which way is better. `docs/measurements.md` and `docs/data.md` tell
people of all of them; a test compares these too.
"""

from __future__ import annotations

from nas_core.metric_names import TIMED

COUNTED = ("parameters", "flops", "peak_activation_bytes", "int8_peak_activation_bytes", "int8_bytes")
"""The same on every device."""
KNOWN = (*COUNTED, *TIMED)
"""In the order in which `nas_trial.measuring.measure.hardware_metrics` returns them."""
AS_WRITTEN = ("parameters_as_written", "flops_as_written")
"""Of NAS-Bench-201 alone, which publishes them: also of operations that no input reaches or no output reads."""
