"""From public raw files to tables: sources, the DataLad dataset, extraction."""
