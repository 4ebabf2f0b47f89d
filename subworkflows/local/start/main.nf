// What happens before and after the graph: help, the check of all parameters, the line about a failed step.

// Return the help text: every parameter of the schema by group, with its default.
def help(schema_file) {
    def schema = new groovy.json.JsonSlurper().parse(file(schema_file).toFile())
    def lines = ["HuMAM archive. ${schema.description}.", '', 'nextflow run main.nf [-resume] [-profile test] [--PARAMETER VALUE ...]']
    schema['$defs'].each { _key, group ->
        lines += ['', group.title]
        group.properties.each { name, spec ->
            def default_text = spec['default'] == null ? '' : " [${spec['default']}]"
            def values = spec['enum'] ? " (${spec['enum'].join(', ')})" : ''
            lines << "  ${"--${name}".padRight(20)} ${spec.description}${values}${default_text}"
        }
    }
    return lines.join('\n')
}

// Check all parameters before anything runs; return the plan: runs, experiments, reports. Ends with code 2 and
// one line for each error. The first call on a machine sets up the software and shows its progress.
def plan(parameters, project, info) {
    def json = groovy.json.JsonOutput.toJson(parameters.collectEntries { name, value -> [name, value instanceof Path ? "${value}" : value] })
    def command = ["${project}/bin/humam", 'validate', '--project', project, '--parameters', json].collect { word -> word.toString() }
    def process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    def answer = process.inputStream.text
    if (process.waitFor() != 0) {
        // Nextflow has begun a trace already; it only removes folders that are empty.
        [file("${info}/trace.txt"), file(info), file(info).parent].each { path -> path.toFile().delete() }
        exit(2)
    }
    return new groovy.json.JsonSlurper().parseText(answer)
}

// Return one line about a failed step: which, why, and where its log is.
def explain(report, message) {
    def step = part(report, /Error executing process > '([^']+)'/)
    def work = part(report, /Work dir:\s+(.+)/)
    def log = work ? file("${work}/.command.err") : null
    def lines = log?.exists() ? log.readLines().findAll { line -> line.trim() } : []
    def own = lines.findAll { line -> line.startsWith('humam: error: ') }
    def why = own ? own.last() - 'humam: error: ' : lines ? lines.last() : part(report, /Caused by:\s+(.+)/)
    def text = why.trim() ?: "${message ?: 'interrupted'}".readLines().first()
    return "humam: error: ${step ? "step ${step} failed: " : ''}${text}${work ? "; log: ${work}/.command.log" : ''}"
}

// Return the first group of a pattern in a text, or an empty text.
def part(text, pattern) {
    def found = "${text}" =~ pattern
    return found ? found[0][1].trim() : ''
}
