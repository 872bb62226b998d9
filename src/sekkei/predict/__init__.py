"""Judging without a laboratory: trained predictors with intervals, and machine-learned potentials."""

from sekkei.predict.shelf import evaluators, load, shipped

__all__ = ["evaluators", "load", "shipped"]
