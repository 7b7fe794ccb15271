"""When to stop a trial early: rules as pure functions over the courses of trials, one a file. No data, no decision."""

from nas_search.stopping.asha import asha
from nas_search.stopping.course import Course, Evidence
from nas_search.stopping.extrapolation import extrapolation
from nas_search.stopping.median import median

__all__ = ["Course", "Evidence", "asha", "extrapolation", "median"]
