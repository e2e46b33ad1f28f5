"""From profiles to lists: recommenders, their adaptation, evaluation and reasons."""
