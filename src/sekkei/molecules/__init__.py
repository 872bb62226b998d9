"""Molecules: reading, judging, comparing and drawing them; the one room that knows RDKit."""
