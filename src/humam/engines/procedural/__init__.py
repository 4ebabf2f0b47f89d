"""The full-density engine: no synapse is stored; a neuron's synapses are regenerated at each of its spikes.

See ``docs/engine.md`` for the whole; each module has one concern:

=============  =====================================================================================
``random``     counter-based hashes: the same synapse, the same initial value at every call
``tables``     from a network to what the kernels look up (mean counts, weights, delays, drive)
``totals``     exact totals of pairs of populations in small networks
``state``      the arrays that change: potentials, currents, spike lists, queue
``neurons``    exact integration of ``iaf_psc_exp`` and the Poisson drive
``local``      delivery of spikes within an area
``remote``     delivery of spikes between areas, and the queue of events to come
``scheduling`` threads: who does what when
``engine``     the interface shared with NEST; recording
``checkpoint`` the state as plain arrays, to go on from after an interruption
``memory``     how much a job will need
``kernels``    where compiled kernels are kept
=============  =====================================================================================

Kernels share short names for their arguments, each a tuple of arrays or numbers:

======  =====================  ====================================================================================
``T``   ``tables.Tables``      what never changes: mean numbers of synapses, weights, delays, drive, thresholds
``N``   ``state.Neurons``      potentials and currents of all neurons, the weight of their drive
``S``   ``state.Spikes``       recent spikes of each area, and marks in these lists
``Q``   ``state.Queue``        events between areas that are on their way
``X``   ``state.Scratch``      working memory of teams and threads: arriving weights, random words, groups
``Y``   ``state.Sync``         what threads share to agree on who does what; counters and timers
``P``   ``engine.Parameters``  numbers that are the same for all: window, decay per step, seeds of each purpose
``me``  ``scheduling.Worker``  the calling thread: its number, its team, its place in the team, members of the team
======  =====================  ====================================================================================
"""

from humam.engines.procedural import kernels

kernels.use()  # before the first kernel is imported
