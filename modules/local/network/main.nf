// Build the network of one experiment: neurons, synapses, weights, delays, drive.
process NETWORK {
    tag "${meta.id}"
    label 'process_single'

    input:
    tuple val(meta), path(experiment)
    path tables, stageAs: 'tables/*'
    path code, stageAs: 'code.zip'

    output:
    tuple val(meta), path("network/${meta.id}.nc"), emit: network
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def choice = meta.choice == null ? '' : "@${meta.choice}"
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam network \\
        --experiment '${experiment}${choice}' \\
        --tables tables \\
        --out network/${meta.id}.nc \\
        ${args}
    """

    stub:
    """
    mkdir network
    touch network/${meta.id}.nc
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
