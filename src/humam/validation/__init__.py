"""The judge of the procedural engine: the definitions of the model, and NEST.

=============  ============================================================================================
``checks``     a check: what is expected, what was found, the verdict
``networks``   small networks, and the microcircuit of Potjans & Diesmann (2014), as Datasets in our format
``probe``      the synapses that the engine regenerates, read from the inputs that arrive
``structure``  synapses against their definitions: numbers, targets, weights, delays, independence
``neuron``     the neuron model, the drive and whole small networks against NEST, spike for spike
``runs``       statistics of a run of either engine, one file per run
``cases``      the networks that both engines simulate
``ensembles``  many seeds of both engines: distances between engines against those between seeds
``mutations``  wrong models, each of which a check must find
``figure``     the figure of an ensemble
``summary``    the page and the tables of a validation
``limits``     what NEST would need for networks that are simulated in part
``doc_page``   what docs/validation.md says of a thorough validation
=============  ============================================================================================
"""
