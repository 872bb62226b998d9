"""The command line: one file per verb, and nothing in them that the Python interface could not do."""
