from __future__ import annotations

from tests.support.learning_curves import cohort, curve, single

from nas_search.stopping import median

OTHERS = [single(0.1, 0.3, 0.5), single(0.2, 0.4, 0.6), single(0.3, 0.5, 0.7), single(0.4, 0.6, 0.9)]
"""Averages up to epoch 2: 0.2, 0.3, 0.4, 0.5."""


def test_it_is_the_mean_of_the_two_in_the_middle_of_the_running_averages() -> None:
    assert median(single(0.36, 0.34, full=False), cohort(*OTHERS), 4) is None, "the best so far counts, not the last"
    found = median(single(0.34, 0.33, full=False), cohort(*OTHERS), 4)
    assert found and (found.value, round(found.threshold, 12), found.others) == (-0.34, -0.35, 4)
    assert median(single(0.35, full=False), cohort(*[single(0.35)] * 4), 4) is None, "equal is not worse"


def test_only_trials_trained_in_full_that_have_been_seen_so_far_count() -> None:
    bad = single(0.01, full=False)
    assert median(bad, cohort(*OTHERS[:3], single(0.9, full=False)), 4) is None
    late = curve([5], [[-0.9]], full=True)
    assert median(bad, cohort(*OTHERS[:3], late), 4) is None
    assert median(bad, cohort(*OTHERS), 5) is None and median(bad, cohort(*OTHERS), 4)


def test_with_several_objectives_half_of_the_others_must_dominate_the_best_of_each() -> None:
    """Accuracy and latency, the latter fixed."""
    running = curve([1, 2], [[-0.5, 7.0], [-0.4, 7.0]])
    better = curve([1, 2], [[-0.6, 5.0], [-0.8, 5.0]], full=True)
    slower = curve([1, 2], [[-0.9, 9.0], [-0.9, 9.0]], full=True)
    assert median(running, cohort(better, slower, slower), 3) is None
    found = median(running, cohort(better, better, slower, slower), 3)
    assert found and (found.value, found.threshold, found.others) == (0.5, 0.5, 4)
