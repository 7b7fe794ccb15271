"""Candidates looked up instead of trained (``evaluation.benchmark``); `look_up` is the way in."""
