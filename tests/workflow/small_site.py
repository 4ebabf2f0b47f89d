"""A results folder of reports that are as small as they can be, and its front page."""

from __future__ import annotations

import json
from pathlib import Path

from humam.cli import main

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def make_report(folder: Path, title: str, panels: str = "") -> Path:
    folder.mkdir(parents=True)
    figures = "".join(f"<figure id='{folder.name}_{panel}'></figure>" for panel in panels)
    (folder / "index.html").write_text(
        f"<title>x</title><h1>{title}<a class='anchor-link'>¶</a></h1><p>What it shows, A & B. More of it.</p>{figures}"
    )
    (folder / "thumbnail.png").write_bytes(PNG)
    made = []
    for panel in panels:
        stem = f"{folder.name}_{panel}"
        for suffix in ("svg", "csv"):
            (folder / f"{stem}.{suffix}").write_text("<svg/>")
        files = {"SVG": f"{stem}.svg", "data": f"{stem}.csv"}
        made.append({"panel": panel, "id": stem, "files": files, "code": {"humam.network": "code/humam.network.html"}})
    (folder / "code").mkdir()
    for name in (folder.name, "humam.network"):
        (folder / "code" / f"{name}.html").write_text("<h1>code</h1>")
    command = f"bin/humam report --notebook reports/{folder.name}.py --out <b>"
    content = {"command": command, "script": f"code/{folder.name}.html", "panels": made}
    (folder / "panels.json").write_text(json.dumps(content))
    (folder / "versions.json").write_text(json.dumps({"humam": "0.1.0", "numpy": "2.0"}))
    (folder / "parameters.yml").write_text(
        "data_origin: {base: mirror}\nparameters:\n  base: {chi: 1.0, note: '<b>'}\nruns:\n"
        "  base: {experiment: base, engine: procedural, seed: 2903, scale: 1.0, in_degree_scale: 1.0, archived: true,\n"
        "    t_sim_ms: 12500.0, n_spikes: 1234567, wall_time_s: 400.0, peak_memory_bytes: 1.35e+9, processor: CPU,\n"
        "    cores: 2, image: null, spikes_sha256: 0123456789abcdef0123}\n"
    )
    return folder


def row(figure, panel, quantity, published, here, verdict, cause="", shown_by="", run="", kind=""):
    return {
        "figure": figure, "panel": panel, "quantity": quantity, "unit": "1/s", "published": published, "here": here,
        "difference": here - published, "tolerance": 0.1, "tolerance_from": "seeds: 12 pairs",
        "verdict": verdict, "cause_kind": kind or ("mechanism" if cause else ""), "cause": cause, "shown_by": shown_by,
        "run": run, "note": "a <note>",
    }  # fmt: skip


def make_front_page(folder: Path, *extra: str) -> Path:
    """Write the front page of the reports in a folder; return it."""
    reports = [str(path) for path in sorted((folder / "reports").iterdir())]
    out = folder / "index.html"
    main(["index", "--reports", *reports, "--comparison", str(folder / "comparison.csv"), "--out", str(out), *extra])
    return out
