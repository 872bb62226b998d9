"""From raw tables to encoded, split and described training data."""
