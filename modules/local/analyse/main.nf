// Spike statistics, synaptic currents and functional connectivity of one run.
process ANALYSE {
    tag "${meta.id}"
    label 'process_medium'

    input:
    tuple val(meta), path(network, stageAs: 'network/*'), path(spikes, stageAs: 'spikes/*')
    path code, stageAs: 'code.zip'

    output:
    tuple val(meta), path("statistics/${meta.id}"), emit: statistics
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam analyse \\
        --network ${network} \\
        --spikes ${spikes} \\
        --out statistics/${meta.id} \\
        ${args}
    """

    stub:
    """
    mkdir -p statistics/${meta.id}
    touch statistics/${meta.id}/statistics.nc
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
