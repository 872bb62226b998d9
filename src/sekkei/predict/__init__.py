"""Predict a property of a molecule or a composition, with an interval and a word on whether it can be trusted."""

from sekkei.predict.shelf import evaluators, load, shipped

__all__ = ["evaluators", "load", "shipped"]
