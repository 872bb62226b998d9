"""Run a design campaign: from targets to a ranked, explained list."""
