// Execute one report notebook with the inputs that its parameters cell names.
process REPORT {
    tag "${meta.id}"
    label 'process_single'

    input:
    tuple val(meta), path(notebook), path(code, stageAs: 'code.zip'),
        path(networks, arity: '0..*', stageAs: 'network/*'),
        path(theories, arity: '0..*', stageAs: 'theory/*'),
        path(structures, arity: '0..*', stageAs: 'structure/*'),
        path(statistics, arity: '0..*', stageAs: 'statistics/*'),
        path(archived, arity: '0..*', stageAs: 'archive/*'),
        path(earlier, arity: '0..*', stageAs: 'earlier/*'),
        path(published, arity: '0..*', stageAs: 'published/*'),
        path(tables, arity: '0..*', stageAs: 'tables/*')

    output:
    path "reports/${meta.id}", emit: report
    path 'versions.yml', emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def inputs = [
        options('network', networks), options('theory', theories), options('structure', structures),
        options('statistics', statistics), options('statistics', archived, 'archive/'),
        options('statistics', earlier, 'earlier/'),
        published ? ['--published published'] : [], tables ? ['--tables tables'] : [],
        meta.conventions ? ["--conventions ${meta.conventions}"] : [],
    ].flatten().join(' ')
    """
    export HUMAM_CODE=code.zip HUMAM_VERSIONS='${task.process}' OMP_NUM_THREADS=${task.cpus}
    humam report \\
        --notebook ${notebook} \\
        ${inputs} \\
        --out reports/${meta.id} \\
        ${args}
    """

    stub:
    """
    mkdir -p reports/${meta.id}
    touch reports/${meta.id}/index.html reports/${meta.id}/values.csv
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        humam: "${workflow.manifest.version}"
    END_VERSIONS
    """
}

// Return `--KIND ID=PATH` for each file or folder; the id is its name without .nc, after a prefix.
def options(kind, paths, prefix = '') {
    return paths.collect { path -> "--${kind} '${prefix}${"${path}".tokenize('/').last() - ~/\.nc$/}=${path}'" }
}
