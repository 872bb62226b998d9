"""From a trained network to candidate texts: sampling, beam search, aiming at targets."""
