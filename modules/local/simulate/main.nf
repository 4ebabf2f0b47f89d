// Simulate one run of the samplesheet and write its spikes.
process SIMULATE {
    tag "${meta.id}"
    label 'process_simulation'
    // The procedural engine gives the same spikes with any number of threads: it takes all that there are.
    cpus { meta.engine == 'procedural' ? 64 : 2 }

    input:
    tuple val(meta), path(network, stageAs: 'network/*'), path(theory, stageAs: 'theory/*'), path(code, stageAs: 'code.zip')

    output:
    tuple val(meta), path("spikes/${meta.id}"), emit: spikes
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    # Large pages for the simulators' arrays: a quarter less time in the update of neurons.
    export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    humam simulate \\
        --engine ${meta.engine} \\
        --network ${network} \\
        --theory ${theory} \\
        --scale ${meta.scale} \\
        --in-degree-scale ${meta.in_degree_scale} \\
        --t-sim ${meta.t_sim} \\
        --seed ${meta.seed} \\
        --threads ${task.cpus} \\
        --out spikes/${meta.id} \\
        ${args}
    """

    stub:
    """
    mkdir -p spikes/${meta.id}
    touch spikes/${meta.id}/spikes.parquet spikes/${meta.id}/manifest.json
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
