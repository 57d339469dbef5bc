"""Abuse of every public estimator, transformer and function by random calls."""
