"""Between formulas and token numbers."""
