// Results -> one report for each notebook -> the comparison with published values -> the front page.

include { REPORT } from '../../../modules/local/report'
include { VERDICTS } from '../../../modules/local/verdicts'
include { INDEX } from '../../../modules/local/index'

workflow REPORTS {
    take:
    plan    // reports with the inputs each asks for; the numbers of experiments and runs; runs of earlier results
    results // [kind, file or files], kind one of network, theory, structure, statistics, tables
    packs   // code packs

    main:
    def published = files("${projectDir}/datasets/published/*").sort()
    def archived = params.archive == 'none' ? [] : files("${params.archive}/*/run.json").collect { path -> path.parent }.sort()
    def earlier = plan.earlier.collect { path -> file(path) }
    def expected = [network: plan.experiments.size(), theory: plan.experiments.size(), structure: plan.experiments.size(), statistics: plan.runs.size()]

    // A report starts as soon as the last of the inputs that it asks for is there, and is re-run for no other.
    def wants = plan.reports.collectMany { report ->
        def kinds = report.inputs.findAll { kind -> kind in ['network', 'theory', 'structure', 'statistics', 'tables'] }
        def count = kinds.sum(1) { kind -> expected[kind] ?: 1 }
        return (kinds + ["report-${report.id}.zip"]).collect { kind -> [kind, groupKey(report.id, count as int)] }
    }
    def pieces = results.mix(packs.flatten().map { pack -> [pack.name, pack] })
    def notebooks = plan.reports.collectEntries { report -> [report.id, report] }
    def tasks = channel.fromList(wants)
        .combine(pieces, by: 0)
        .map { kind, key, files -> [key, [kind, files]] }
        .groupTuple()
        .map { key, found ->
            def report = notebooks["${key}".toString()]
            return [
                [id: report.id, conventions: 'conventions' in report.inputs ? params.conventions : null], file(report.file), pick(found, "report-${report.id}.zip".toString())[0],
                pick(found, 'network'), pick(found, 'theory'), pick(found, 'structure'), pick(found, 'statistics'),
                'statistics' in report.inputs ? archived : [], 'statistics' in report.inputs ? earlier : [],
                'published' in report.inputs ? published : [], pick(found, 'tables'),
            ]
        }
    REPORT(tasks)

    def reports = REPORT.out.report.toSortedList { a, b -> a.name <=> b.name }
    VERDICTS(reports, published, packs.map { all -> all.find { pack -> pack.name == 'verdicts.zip' } })
    INDEX(reports, VERDICTS.out.comparison, packs.map { all -> all.find { pack -> pack.name == 'index.zip' } })
}

// Return the files of one kind, in the order of their names: a task's inputs must not depend on what came first.
def pick(found, kind) {
    return found.findAll { item -> item[0] == kind }.collect { item -> item[1] }.flatten().sort { path -> path.name }
}
