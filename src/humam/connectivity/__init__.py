"""From columns and tracts to synapse numbers, weights, delays and external drive."""
