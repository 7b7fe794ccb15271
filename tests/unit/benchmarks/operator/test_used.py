from __future__ import annotations

from benchmarks.operator.used import histogram

PAGE = """
nas_operator_plan_seconds_bucket{le="0.1"} 9.0
nas_operator_plan_seconds_count 10.0
nas_operator_plan_seconds_sum 1.5
nas_operator_reconcile_seconds_count{outcome="success"} 3.0
nas_operator_reconcile_seconds_sum{outcome="success"} 0.25
nas_operator_reconcile_seconds_count{outcome="error"} 1.0
nas_operator_reconcile_seconds_sum{outcome="error"} 1e-01
"""


def test_a_histogram_is_summed_over_its_labels() -> None:
    assert histogram(PAGE, "nas_operator_plan_seconds") == (1.5, 10.0)
    assert histogram(PAGE, "nas_operator_reconcile_seconds") == (0.35, 4.0)
    assert histogram(PAGE, "nas_operator_queue_seconds") == (0.0, 0.0)
