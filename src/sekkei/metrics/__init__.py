"""Measures of whole generated sets against reference sets."""
