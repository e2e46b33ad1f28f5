"""Runs: kept in a store, worked on one at a time, each in a process of its own."""
