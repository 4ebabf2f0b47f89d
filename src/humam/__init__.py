"""HuMAM archive: the human multi-area spiking model of cerebral cortex, from raw data to figures."""

__version__ = "0.1.0"
