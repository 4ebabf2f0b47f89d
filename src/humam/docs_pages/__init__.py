"""Pieces of README and docs that code writes, from archived runs and measurements."""
