// What happens when all results are in place: the record of provenance over the whole folder.

// Remove the record of an earlier run: it must not stand beside results that it does not describe.
def forget(outdir) {
    file("${outdir}/ro-crate-metadata.json").toFile().delete()
}

// Write the Workflow Run RO-Crate. The step runs here and not as a process, because it describes the results folder
// as a whole: published files, the samplesheet, the code.
def record(state, parameters, planned, project) {
    def facts = [
        name: state.runName,
        session: "${state.sessionId}",
        start: "${state.start}",
        end: "${state.complete ?: java.time.OffsetDateTime.now()}",
        command: state.commandLine,
        nextflow: "${state.nextflow.version}",
        profile: state.profile,
        commit: state.commitId,
        image: state.containerEngine ? "${state.container}" : null,
        parameters: parameters.collectEntries { name, value -> [name, value instanceof Path ? "${value}" : value] },
        plan: planned,
    ]
    def command = ["${project}/bin/humam", 'crate', '--project', project, '--results', "${parameters.outdir}"]
    command += ['--run', groovy.json.JsonOutput.toJson(facts)] + (parameters.agent ? ['--agent', parameters.agent] : [])
    def process = new ProcessBuilder(command.collect { word -> "${word}".toString() }).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    process.inputStream.text
    if (process.waitFor() != 0) {
        System.err.println('humam: error: the results are complete, but their provenance (RO-Crate) could not be recorded')
    }
}
