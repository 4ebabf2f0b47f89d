"""Analysis of networks and spikes, one concern per file; knows no engine."""
