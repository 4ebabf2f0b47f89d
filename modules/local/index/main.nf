// Write the front page of the results: thumbnails of the reports and the comparison.
process INDEX {
    label 'process_single'

    input:
    path reports, arity: '1..*', stageAs: 'reports/*'
    path comparison
    path code, stageAs: 'code.zip'

    output:
    path 'index.html', emit: index
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def folders = reports.join(' ')
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam index \\
        --reports ${folders} \\
        --comparison ${comparison} \\
        --out index.html \\
        ${args}
    """

    stub:
    """
    touch index.html
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
