// Collect the table 'quantity, published, here, difference, verdict'.
process VERDICTS {
    label 'process_single'

    input:
    path reports, arity: '1..*', stageAs: 'reports/*'
    path published, stageAs: 'published/*'
    path code, stageAs: 'code.zip'

    output:
    path 'comparison.csv', emit: comparison
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def values = reports.collect { report -> "${report}/values.csv" }.join(' ')
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam verdicts \\
        --values ${values} \\
        --published published \\
        --out comparison.csv \\
        ${args}
    """

    stub:
    """
    touch comparison.csv
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
