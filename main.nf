#!/usr/bin/env nextflow
// HuMAM archive: from raw anatomical data to figure reports. The graph stands in workflows/humam.nf.

include { HUMAM } from './workflows/humam'
include { help ; plan ; explain } from './subworkflows/local/start'
include { forget ; record } from './subworkflows/local/finish'

workflow {
    main:
    // An event handler sees local names only.
    def state = workflow
    def given = params
    def facts = [:]
    def project = "${projectDir}"
    def done = params.help ? '' : "Done: ${params.outdir}/index.html"
    workflow.onComplete {
        if (!state.success) {
            System.err.println(explain(state))
        }
        else if (done) {
            if (!state.preview) {
                record(state, given, facts.plan, project)
            }
            // bin/humam reads it on standard error; standard output is Nextflow's own, with its progress.
            System.err.println(done)
        }
    }
    if (params.help) {
        println(help("${projectDir}/nextflow_schema.json"))
    }
    else {
        facts.plan = plan(params, "${projectDir}", "${params.outdir}/pipeline_info", state)
        if (!workflow.preview) {
            forget(params.outdir)
        }
        HUMAM(facts.plan)
    }
}
