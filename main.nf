#!/usr/bin/env nextflow
// HuMAM archive: from raw anatomical data to figure reports. The graph stands in workflows/humam.nf.

include { HUMAM } from './workflows/humam'
include { help ; plan ; explain } from './subworkflows/local/start'

workflow {
    main:
    // An event handler sees local names only.
    def state = workflow
    def done = params.help ? '' : "Done: ${params.outdir}/index.html"
    workflow.onComplete {
        if (!state.success) {
            System.err.println(explain(state.errorReport, state.errorMessage))
        }
        else if (done) {
            println(done)
        }
    }
    if (params.help) {
        println(help("${projectDir}/nextflow_schema.json"))
    }
    else {
        HUMAM(plan(params, "${projectDir}", "${params.outdir}/pipeline_info"))
    }
}
