"""When to stop a trial early: each rule is a file, a pure function of learning curves. Begin reading at `verdict`."""

from nas_search.stopping.asha import asha
from nas_search.stopping.extrapolation import extrapolation
from nas_search.stopping.learning_curves import Cohort, Evidence, LearningCurve
from nas_search.stopping.median import median
from nas_search.stopping.verdict import verdict
from nas_search.stopping.wilcoxon import wilcoxon

__all__ = ["Cohort", "Evidence", "LearningCurve", "asha", "extrapolation", "median", "verdict", "wilcoxon"]
