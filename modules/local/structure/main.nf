// Graph distances, degrees, autapses and multapses of a network.
process STRUCTURE {
    tag "${meta.id}"
    label 'process_single'

    input:
    tuple val(meta), path(network, stageAs: 'network/*')
    path code, stageAs: 'code.zip'

    output:
    tuple val(meta), path("structure/${meta.id}.nc"), emit: structure
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam structure \\
        --network ${network} \\
        --out structure/${meta.id}.nc \\
        ${args}
    """

    stub:
    """
    mkdir structure
    touch structure/${meta.id}.nc
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
