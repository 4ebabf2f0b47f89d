"""Where results come from: software versions, the machine, records of runs."""
