"""mtrec: multi-task learning and personalised recommendation for analysts."""

__version__ = "0.1.0"
