// Turn the raw files of the dataset into the tables the model needs.
process EXTRACT {
    label 'process_single'

    input:
    path dataset
    path code, stageAs: 'code.zip'

    output:
    path 'tables/*', emit: tables
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam extract \\
        --dataset ${dataset} \\
        --out tables \\
        ${args}
    """

    stub:
    """
    mkdir tables
    touch tables/voneconomo_layers.csv tables/origin.json tables/datapackage.json
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
