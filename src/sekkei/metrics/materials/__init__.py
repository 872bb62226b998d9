"""Measures of generated compositions and crystals."""
