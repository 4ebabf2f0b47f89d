// Build the DataLad dataset of raw files, every byte verified.
process DATASET {
    tag "${origin}"
    label 'process_single'

    input:
    path sources // datasets/sources.tsv
    path tables, stageAs: 'shipped/*' // our own extraction, where raw files cannot be had
    path mirror, stageAs: 'mirror' // folder of raw files, or []
    val origin // auto, web, mirror or tables
    path code, stageAs: 'code.zip'

    output:
    path 'dataset', emit: dataset
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def from = mirror ? '--mirror mirror' : ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam dataset \\
        --sources ${sources} \\
        --origin ${origin} \\
        ${from} \\
        --tables shipped \\
        --out dataset \\
        ${args}
    """

    stub:
    """
    mkdir dataset
    touch dataset/sources.json
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
