// Pack the modules that each step imports: the code input of every other process.
process CODE {
    label 'process_single'

    input:
    path sources // the folders src and reports
    val fingerprint // of their content: Nextflow looks at a folder's time stamp only

    output:
    path 'code/*.zip', emit: packs
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    """
    export HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam code \\
        --source src \\
        --reports reports \\
        --out code \\
        ${args}
    """

    stub:
    """
    mkdir code
    for step in dataset extract network theory structure simulate-nest simulate-procedural analyse verdicts index; do touch code/\$step.zip; done
    for report in reports/*.py; do touch "code/report-\$(basename "\$report" .py).zip"; done
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}
