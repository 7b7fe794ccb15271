"""What a task asks of a network's outputs: the loss that is trained on, and the metrics that are reported.

A new metric of a network's predictions is computed and named here, and explained in `docs/data.md`; the metrics of its
size and speed are in `nas_trial.measuring`, those of how training goes in `nas_trial.training.engine`. The engine knows
only :class:`LearningTask`; :func:`learning_task` says which one the data is for. What is computed of NumPy arrays is
in `predictions` and `rankings`: the numbers are those of scikit-learn, which tests compare with, in a fraction of its
time and memory.
"""

from nas_trial.learning_tasks.base import LearningTask
from nas_trial.learning_tasks.choice import learning_task
from nas_trial.learning_tasks.classification import Classification
from nas_trial.learning_tasks.multi_label import MultiLabel
from nas_trial.learning_tasks.regression import Regression

__all__ = ["Classification", "LearningTask", "MultiLabel", "Regression", "learning_task"]
