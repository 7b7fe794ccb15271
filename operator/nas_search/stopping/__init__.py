"""When to stop a trial early: rules as pure functions over the courses of trials, one a file. No data, no decision."""

from nas_search.stopping.asha import asha
from nas_search.stopping.extrapolation import extrapolation
from nas_search.stopping.learning_curves import Cohort, Course, Evidence
from nas_search.stopping.median import median
from nas_search.stopping.verdict import verdict
from nas_search.stopping.wilcoxon import wilcoxon

__all__ = ["Cohort", "Course", "Evidence", "asha", "extrapolation", "median", "verdict", "wilcoxon"]
