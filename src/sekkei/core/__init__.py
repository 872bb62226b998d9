"""What every room stands on: types, protocols, targets, errors, seeds, files."""
