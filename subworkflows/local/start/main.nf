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
// one line for each error. Says what the simulations will take. The first call on a machine sets up the software, and
// the image where steps run in one, and shows its progress. `state` is Nextflow's own `workflow`.
def plan(parameters, project, info, state) {
    def json = groovy.json.JsonOutput.toJson(parameters.collectEntries { name, value -> [name, value instanceof Path ? "${value}" : value] })
    def words = ['validate', '--project', project, '--parameters', json] + outlook(state)
    def plan = new groovy.json.JsonSlurper().parseText(ask(project, words, info))
    if (state.containerEngine) {
        def spaced = [workDir, projectDir, plan.checkpoints].find { path -> "${path}" =~ /\s/ }
        if (spaced) {
            System.err.println("humam: error: folder '${spaced}': with containers Nextflow takes no path that has spaces")
            give_up(info)
        }
        ask(project, ['image'] + (parameters.image ? ['--check', "${parameters.image}"] : []), info)
    }
    // What each run will need: its process reads it, and so can the user.
    [file(info), file(plan.checkpoints)].each { folder -> folder.mkdirs() }
    file("${info}/resources.json").text = groovy.json.JsonOutput.prettyPrint(groovy.json.JsonOutput.toJson(plan.needs))
    return plan
}

// Return the options with which `humam validate` says what the simulations will take; none where nothing is simulated.
def outlook(state) {
    // Cores of one node, where the configuration says so.
    def cores = nextflow.Global.config?.process?.resourceLimits?.cpus
    // A scheduler starts simulations side by side.
    def parallel = (nextflow.Global.config?.process?.executor ?: 'local') != 'local'
    return state.stubRun || state.preview ? [] : ['--work', workDir] + (cores ? ['--cores', cores] : []) + (state.resume ? ['--resume'] : []) + (parallel ? ['--parallel'] : [])
}

// Return what a command of the launcher prints; end where it fails.
def ask(project, words, info) {
    def command = (["${project}/bin/humam"] + words).collect { word -> word.toString() }
    def process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    def answer = process.inputStream.text
    if (process.waitFor() != 0) {
        give_up(info)
    }
    return answer
}

// End with code 2 before anything has run.
def give_up(info) {
    // Nextflow has begun a trace already; it only removes folders that are empty.
    [file("${info}/trace.txt"), file(info), file(info).parent].each { path -> path.toFile().delete() }
    exit(2)
}

// Return one line about a failed run: which step, why, where its log is, how to go on.
def explain(state) {
    def report = state.errorReport
    def step = part(report, /Error executing process > '([^']+)'/)
    def folder = part(report, /Work dir:\s+(.+)/)
    def log = folder ? file("${folder}/.command.log") : null
    def text = log?.exists() ? log.text : ''
    def code = part(report, /error exit status \((\d+)\)/)
    def why = ended_by_scheduler(text, folder, code) ?: told(text, report) ?: refused("${report}") ?: part(report, /Caused by:\s+(.+)/)
    why = (why ?: "${state.errorMessage ?: 'interrupted'}".readLines().first()).replaceFirst(/^([a-z]+\.)+\w+Exception: /, '')
    // A program that cannot write does not always say why.
    def places = [folder ? file(folder) : state.workDir, file(params.outdir), state.launchDir]
    def full = places.findAll { path -> path.toFile().usableSpace < 2 ** 17 } ?: why.contains('No space left') ? places.take(1) : []
    def space = full ? " (no space left in the file system of ${full.join(', ')})" : ''
    def where = log?.exists() ? log : "${state.launchDir}/.nextflow.log"
    return "humam: error: ${step ? "step ${step} failed: " : ''}${why}${space}; log: ${where}; -resume goes on once this is mended"
}

// Return why the scheduler or the system ended a task, or an empty text.
def ended_by_scheduler(log, folder, code) {
    def memory = log =~ /exceeded memory limit \((\d+) > (\d+)\)/
    if (memory) {
        def (used, allowed) = memory[0][1..2].collect { bytes -> Math.round(bytes.toLong() / 2 ** 20) }
        return "ended by Slurm over its memory: ${used} MB used, ${allowed} MB asked for"
    }
    if (log =~ /oom.kill|Out Of Memory/) {
        return 'ended for want of memory'
    }
    if (log.contains('DUE TO TIME LIMIT') || code == '140') {
        return "ended by Slurm over its time limit of ${part(file("${folder}/.command.run").text, /#SBATCH -t (\S+)/)}"
    }
    def cancelled = part(log, /CANCELLED AT (\S+)/)
    return cancelled ? "cancelled at ${cancelled}" : ''
}

// Return what a task told about its failure: our own words, or its exit code with those of Apptainer or its last line.
def told(log, report) {
    def lines = log.readLines().findAll { line -> line.trim() }
    def own = lines.findAll { line -> line.startsWith('humam: error: ') }
    if (own) {
        return own.last() - 'humam: error: '
    }
    def code = part(report, /error exit status \((\d+)\)/)
    def fatal = lines.findAll { line -> line =~ /^FATAL:/ }
    def last = fatal || lines ? (fatal ?: lines).last().replaceFirst(/^FATAL:\s+/, '').trim() : ''
    return (code ? ["exit code ${code}"] : []).plus(last ? [last] : []).join(': ')
}

// Return why the scheduler did not take a task, or an empty text.
def refused(report) {
    def reasons = report.readLines().findAll { line -> line.contains('sbatch: error: ') }
    return reasons ? "refused by Slurm: ${reasons.collect { line -> line.trim() - 'sbatch: error: ' }.join('; ')}" : ''
}

// Return the first group of a pattern in a text, or an empty text.
def part(text, pattern) {
    def found = "${text}" =~ pattern
    return found ? found[0][1].trim() : ''
}
