// Simulate one run of the samplesheet and write its spikes: SIMULATE in one process, SIMULATE_RANKS in several.

process SIMULATE {
    tag "${meta.id}"
    label 'process_simulation'
    // What asks a task for its end goes on itself at once, and Slurm kills what is left then: a checkpoint takes time.
    // In a container there is no waiting, it ends at once with all that is in it.
    afterScript 'while kill -0 "$(cat .pid 2>/dev/null)" 2>/dev/null; do sleep 1; done; rm -rf .private'
    containerOptions { workflow.containerEngine ? "--bind '${kept()}'" : '' }
    // The procedural engine gives the same spikes with any number of threads: it takes all that there are.
    cpus { meta.threads ?: 64 }
    memory { task.attempt * needs(meta.id).memory_bytes * 1.3 as MemoryUnit }
    time { task.attempt * [1.h, needs(meta.id).core_seconds * 1.s / task.cpus].max() }

    input:
    tuple val(meta), path(network, stageAs: 'network/*'), path(theory, stageAs: 'theory/*'), path(code, stageAs: 'code.zip')

    output:
    tuple val(meta), path("spikes/${meta.id}"), emit: spikes
    path 'versions.yml', emit: versions, topic: versions

    script:
    // Those of NEST keep no checkpoints. Where they lie is no input: another place repeats no simulation.
    def checkpoints = meta.engine == 'procedural' ? "--checkpoints '${kept()}'" : ''
    simulation(task, meta, network, theory, "--threads ${meta.threads ?: task.cpus} ${checkpoints}")

    stub:
    stand_in(task, meta, workflow.manifest.version)
}

process SIMULATE_RANKS {
    tag "${meta.id}"
    label 'process_mpi'
    // All ranks on one machine; a configuration for more of them sets what the scheduler wants, and `ext.launcher`.
    cpus { meta.ranks * meta.threads }
    memory { task.attempt * needs(meta.id).memory_bytes * 1.3 as MemoryUnit }
    time { task.attempt * [1.h, needs(meta.id).core_seconds * 1.s / task.cpus].max() }

    input:
    tuple val(meta), path(network, stageAs: 'network/*'), path(theory, stageAs: 'theory/*'), path(code, stageAs: 'code.zip')

    output:
    tuple val(meta), path("spikes/${meta.id}"), emit: spikes
    path 'versions.yml', emit: versions, topic: versions

    script:
    def launcher = task.ext.launcher ? "--launcher '${task.ext.launcher}'" : ''
    simulation(task, meta, network, theory, "--ranks ${meta.ranks} --threads ${meta.threads} ${launcher}")

    stub:
    stand_in(task, meta, workflow.manifest.version)
}

// Return the command of a simulation.
def simulation(task, meta, network, theory, split) {
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    # Large pages for the simulators' arrays: a quarter less time in the update of neurons.
    export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    ${task.container ? '' : 'echo \$\$ > .pid'}
    exec humam simulate \\
        --engine ${meta.engine} \\
        --network ${network} \\
        --theory ${theory} \\
        --scale ${meta.scale} \\
        --in-degree-scale ${meta.in_degree_scale} \\
        --t-sim ${meta.t_sim} \\
        --seed ${meta.seed} \\
        ${split} \\
        --out spikes/${meta.id} \\
        ${task.ext.args ?: ''}
    """
}

// Return the command of a run without simulation (-stub-run).
def stand_in(task, meta, version) {
    """
    mkdir -p spikes/${meta.id}
    touch spikes/${meta.id}/spikes.parquet spikes/${meta.id}/manifest.json
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${version}"
    END_VERSIONS
    """
}

// Return the folder of checkpoints, which outlives the folders of tasks.
def kept() {
    return file(params.checkpoints ?: "${workDir}/checkpoints")
}

// Return what a run was estimated to need (`humam validate`). Not an input: a better estimate repeats no simulation.
def needs(id) {
    def file = file("${params.outdir}/pipeline_info/resources.json")
    return new groovy.json.JsonSlurper().parse(file.toFile())[id]
}
