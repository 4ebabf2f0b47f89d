"""Reports: the page of a figure or table, what notebooks call for it, and results side by side."""
