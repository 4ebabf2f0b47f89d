"""From tables to the columns: thickness, density, neuron numbers, streamlines, fibre lengths."""
