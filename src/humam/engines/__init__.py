"""Simulation engines behind one interface (:mod:`humam.engines.base`)."""
