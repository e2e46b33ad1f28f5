"""Search for settings of λ and of the training, by training with them and judging on validation."""
