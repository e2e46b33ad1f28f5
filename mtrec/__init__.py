"""mtrec: multi-task learning and personalised recommendation for analysts."""

import os

# Threads that spin while they wait for each other hinder whatever else goes on, and are hindered by
# it: beside one busy process, learning took up to ten times as long. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
