"""Predictors: what a candidate would reach, learned from results. Begin reading at `gaussian_process`."""
