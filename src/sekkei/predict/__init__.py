"""Judging without a laboratory: trained predictors and machine-learned potentials."""
