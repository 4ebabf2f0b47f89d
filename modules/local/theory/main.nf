// Predict the stationary firing rates of a network with mean-field theory.
process THEORY {
    tag "${meta.id}"
    label 'process_single'

    input:
    tuple val(meta), path(network, stageAs: 'network/*')
    path code, stageAs: 'code.zip'

    output:
    tuple val(meta), path("theory/${meta.id}.nc"), emit: theory
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam theory \\
        --network ${network} \\
        --out theory/${meta.id}.nc \\
        ${args}
    """

    stub:
    """
    mkdir theory
    touch theory/${meta.id}.nc
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
