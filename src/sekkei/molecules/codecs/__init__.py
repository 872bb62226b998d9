"""Between a molecule's text and token numbers."""
