"""Speed and memory of the engines on this machine.

=================  ===============================================================================================
``points``         what is measured: an engine, an experiment, a scale, a number of threads
``inputs``         the networks and theories that the points need
``measure``        one point, in a process of its own, so that its peak of memory is its own
``load``           what other programs took from the machine meanwhile
``runner``         all points, the quick ones first; what was measured before is kept
``table``          the results as a table
``plot``           the results as a figure
``long_runs``      speed and memory of the archived runs
``remade``         beginnings of archived runs, made again with the present kernels
``deviations``     how far the tables of the procedural engine are from the definitions of the model
``totals_effect``  what Poisson totals do to the rates
``page``           the results as the page ``docs/benchmarks.md``
=================  ===============================================================================================
"""
