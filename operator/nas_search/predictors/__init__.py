"""Predictors: what a candidate would reach, learned from results; begin reading at `predictor`."""

from __future__ import annotations
