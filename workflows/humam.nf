// The graph, in the order of the method: data, network, theory and structure, simulation, analysis, reports.

include { CODE } from '../modules/local/code'
include { DATASET } from '../modules/local/dataset'
include { EXTRACT } from '../modules/local/extract'
include { NETWORK } from '../modules/local/network'
include { THEORY } from '../modules/local/theory'
include { STRUCTURE } from '../modules/local/structure'
include { SIMULATE ; SIMULATE_RANKS } from '../modules/local/simulate'
include { ANALYSE } from '../modules/local/analyse'
include { REPORTS } from '../subworkflows/local/reports'

workflow HUMAM {
    take:
    plan // [runs: ..., experiments: ..., reports: ...], checked by `humam validate`

    main:
    // The code of each step is an input of the step, so -resume re-runs what a change of code touches.
    def sources = shipped('{src,reports}/**').findAll { path -> !"${path}".contains('__pycache__') }
    CODE(
        [file("${projectDir}/src"), file("${projectDir}/reports")],
        sources.collect { path -> "${projectDir.relativize(path)} ${path.bytes.md5()}" }.join(' ').md5(),
    )

    // Raw data -> tables
    DATASET(
        file("${projectDir}/datasets/sources.tsv"),
        shipped('datasets/tables/*'),
        params.data_mirror ? file(params.data_mirror) : [],
        params.data_origin,
        pack(CODE.out.packs, 'dataset'),
    )
    EXTRACT(DATASET.out.dataset, pack(CODE.out.packs, 'extract'))

    // Tables -> one network for each experiment -> what follows from the network alone
    def experiments = plan.experiments.collect { item -> [[id: item.id, choice: item.choice], file(item.file)] }
    NETWORK(channel.fromList(experiments), EXTRACT.out.tables, pack(CODE.out.packs, 'network'))
    THEORY(NETWORK.out.network, pack(CODE.out.packs, 'theory'))
    STRUCTURE(NETWORK.out.network, pack(CODE.out.packs, 'structure'))

    // Networks x samplesheet -> spikes -> statistics
    def models = NETWORK.out.network
        .join(THEORY.out.theory, failOnMismatch: true)
        .map { meta, network, theory -> [meta.id, network, theory] }
    def runs = channel.fromList(plan.runs)
        .map { run -> [run.experiment, run.subMap(
            'id', 'experiment', 'engine', 'scale', 'in_degree_scale', 't_sim', 'seed', 'ranks', 'threads'
        )] }
        .combine(models, by: 0)
        .map { _experiment, run, network, theory -> [run, network, theory] }
    def simulations = runs.combine(CODE.out.packs.map { packs -> [packs] })
        .map { run, network, theory, packs ->
            [run, network, theory, packs.find { path -> path.name == "simulate-${run.engine}.zip" }]
        }
        .branch { run, _network, _theory, _pack ->
            ranks: run.ranks > 1
            one: true
        }
    SIMULATE(simulations.one)
    SIMULATE_RANKS(simulations.ranks)
    def spikes = SIMULATE.out.spikes.mix(SIMULATE_RANKS.out.spikes)
    ANALYSE(runs.map { run, network, _theory -> [run, network] }.join(spikes), pack(CODE.out.packs, 'analyse'))

    // Everything meets again in the reports
    REPORTS(
        plan,
        named('network', NETWORK.out.network).mix(
            named('theory', THEORY.out.theory),
            named('structure', STRUCTURE.out.structure),
            named('statistics', ANALYSE.out.statistics),
            EXTRACT.out.tables.map { tables -> ['tables', tables] },
        ),
        CODE.out.packs,
    )

    merged_versions(channel.topic('versions').map { path -> path.text })
        .collectFile(name: 'software_versions.yml', storeDir: "${params.outdir}/pipeline_info", newLine: true, sort: true)
}

// Return one text for each process from the `versions.yml` of its tasks: they may have used different software (the
// engines), and different versions of one (some tasks of an earlier run).
def merged_versions(texts) {
    return texts
        .map { text -> text.trim().readLines() }
        .map { lines -> [lines.head(), lines.tail()] }
        .groupTuple()
        .map { process, lists -> ([process] + versions(lists.flatten())).join('\n') }
}

// Return lines `name: "version"`, each name once, with a list where there are several versions.
def versions(lines) {
    def by_name = lines.collect { line -> line.trim().split(': ', 2) as List }.unique().groupBy { pair -> pair[0] }
    return by_name.sort().collect { name, pairs ->
        def found = pairs.collect { pair -> pair[1] }.sort()
        "    ${name}: ${found.size() == 1 ? found[0] : found}"
    }
}

// Return the files of this project that match a pattern.
def shipped(pattern) {
    return files("${projectDir}/${pattern}").sort()
}

// Return the code pack of one step.
def pack(packs, step) {
    return packs.map { all -> all.find { path -> path.name == "${step}.zip" } }
}

// Return results with their kind in place of the task they come from.
def named(kind, results) {
    return results.map { _meta, path -> [kind, path] }
}
