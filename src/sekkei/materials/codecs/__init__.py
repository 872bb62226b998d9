"""Between the text of a material and token numbers."""
