"""One visible training loop, its optimisers, objectives and recipes."""
