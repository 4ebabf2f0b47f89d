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
"""

from humam.engines.procedural import kernels

kernels.use()  # before the first kernel is imported
