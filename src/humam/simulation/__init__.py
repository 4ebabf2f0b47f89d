"""A simulation in progress: what it takes as given, checkpoints, signals, several processes."""
