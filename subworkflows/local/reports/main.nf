// Results -> one report for each notebook -> the comparison with published values -> the front page.

include { REPORT } from '../../../modules/local/report'
include { COMPARE } from '../../../modules/local/compare'
include { INDEX } from '../../../modules/local/index'

workflow REPORTS {
    take:
    plan    // reports with the inputs each asks for; the numbers of experiments and runs
    results // [kind, file or files], kind one of network, theory, structure, statistics, tables
    packs   // code packs

    main:
    def published = files("${projectDir}/datasets/published/*").sort()
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
            def of = { kind -> found.findAll { item -> item[0] == kind }.collectMany { item -> item[1] instanceof List ? item[1] : [item[1]] }.sort { path -> path.name } }
            return [
                [id: report.id], file(report.file), of("report-${report.id}.zip".toString())[0],
                of('network'), of('theory'), of('structure'), of('statistics'),
                'published' in report.inputs ? published : [], of('tables'),
            ]
        }
    REPORT(tasks)

    def reports = REPORT.out.report.toSortedList { a, b -> a.name <=> b.name }
    def code = { step -> packs.map { all -> all.find { pack -> pack.name == "${step}.zip" } } }
    COMPARE(reports, published, code('compare'))
    INDEX(reports, COMPARE.out.comparison, code('index'))
}
