"""Building the DataLad dataset: from a mirror, the web, the tables; refusal of wrong content."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from raw_data import MIRROR, with_mirror

from humam.anatomy import tables as anatomy_tables
from humam.cli import main
from humam.datasets import fetch, sources
from humam.datasets.dataset import build
from humam.datasets.extract import RAW_FILES, from_dataset
from humam.errors import HumamError
from humam.resources import shipped

FMRI = "experimental_data/senden/rsData_7T_DKparcel/rsDATA_7T_DKparcel.npy"


class NoWeb(fetch.Web):
    """No host answers."""

    def _probe(self, url: str) -> str:
        return "no network in this test"


class FolderWeb(fetch.Web):
    """Answers from a folder by the end of the address."""

    def __init__(self, folder: Path, listed: list[sources.Source]) -> None:
        super().__init__()
        self.files = {s.url: folder / s.path for s in listed}

    def download(self, url: str, destination: Path) -> str:
        if not self.files[url].is_file():
            return "HTTP 404 Not Found"
        shutil.copyfile(self.files[url], destination)
        return ""


def in_dataset(dataset: Path, *command: str) -> str:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(Path(fetch.__file__).parents[2])
    done = subprocess.run(command, cwd=dataset, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def toy(tmp_path: Path) -> tuple[Path, Path]:
    """A mirror of two small files and the list that describes it."""
    mirror = tmp_path / "toy mirror"
    rows = ["\t".join(sources.Source.__dataclass_fields__)]
    for name, role in (("a/one.csv", "required"), ("b/two.txt", "optional")):
        file = mirror / name
        file.parent.mkdir(parents=True)
        file.write_text(f"content of {name}\n", encoding="utf-8")
        size, digest = file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append(f"{name}\thttps://host.invalid/{name}\t{size}\t{digest}\t\t{role}\tanatomy\tl\tc\td")
    listing = tmp_path / "toy.tsv"
    listing.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return mirror, listing


@with_mirror
def test_mirror_gives_a_real_dataset(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    out = tmp_path / "raw data"
    told: list[str] = []
    assert build(out, "auto", MIRROR, web=NoWeb(), report=told.append) == "mirror"

    assert in_dataset(out, "git", "status", "--short") == ""
    assert in_dataset(out, "git", "config", "--local", "user.name").strip() == "HuMAM archive"
    listed = {s.path: s for s in sources.read(shipped("datasets", "sources.tsv"))}
    keys = dict(
        line.split("\t")
        for line in in_dataset(out, "git", "annex", "find", "--format", "${file}\t${key}\n").splitlines()
    )
    assert set(RAW_FILES) <= set(keys)
    for path, key in keys.items():
        source = listed[path]
        assert key == f"SHA256E-s{source.size}--{source.sha256}{Path(path).suffix}"
        assert source.url in in_dataset(out, "git", "annex", "whereis", path)
    in_dataset(out, "git", "annex", "fsck")

    status = {entry["path"]: entry["status"] for entry in fetch.read_status(out)["sources"]}
    assert status.pop(FMRI) == "unavailable"
    assert set(status.values()) == {"mirror"}
    assert any(FMRI in line and line.startswith("unavailable") for line in told)

    # The tables of this dataset are those shipped, but for their origin.
    made, kept = tmp_path / "made", shipped("datasets", "tables")
    anatomy_tables.write(from_dataset(out), made)
    for name in anatomy_tables.SCHEMA:
        assert (made / f"{name}.csv").read_bytes() == (kept / f"{name}.csv").read_bytes()
    assert json.loads((made / "origin.json").read_text())["origin"] == "mirror"


@with_mirror
def test_run_record_can_be_rerun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMAM_DATA_MIRROR", str(MIRROR))
    out = tmp_path / "d"
    build(out, "mirror", MIRROR)
    before = in_dataset(out, "git", "rev-parse", "HEAD:experimental_data")
    in_dataset(out, "datalad", "rerun")
    assert in_dataset(out, "git", "rev-parse", "HEAD:experimental_data") == before
    assert in_dataset(out, "git", "status", "--short") == ""


def test_a_rerun_needs_no_folder_of_this_machine(
    tmp_path: Path, toy: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror, listing = toy
    (mirror / "b" / "two.txt").unlink()
    out = tmp_path / "d"
    build(out, "mirror", mirror, sources=listing)
    told = in_dataset(out, "git", "log", "--format=%B") + (out / "sources.json").read_text()
    assert "--web" in told and "not in the mirror" in told
    assert str(tmp_path) not in told
    monkeypatch.setenv("HUMAM_DATA_MIRROR", str(mirror))  # no test goes to the web
    in_dataset(out, "datalad", "rerun")
    assert (out / "a" / "one.csv").read_text() == "content of a/one.csv\n"


def test_web_is_used_and_marked(tmp_path: Path, toy: tuple[Path, Path]) -> None:
    mirror, listing = toy
    out = tmp_path / "d"
    assert build(out, "web", sources=listing, web=FolderWeb(mirror, sources.read(listing))) == "web"
    assert {e["status"] for e in fetch.read_status(out)["sources"]} == {"web"}
    assert "https://host.invalid/a/one.csv" in in_dataset(out, "git", "annex", "whereis", "a/one.csv")


@pytest.mark.parametrize("origin", ["mirror", "web"])
@pytest.mark.parametrize("change", ["byte", "size"])
def test_wrong_content_is_refused_by_name(tmp_path: Path, toy: tuple[Path, Path], origin: str, change: str) -> None:
    mirror, listing = toy
    web = FolderWeb(mirror, sources.read(listing))
    file = mirror / "b" / "two.txt"
    content = bytearray(file.read_bytes())
    content[3] ^= 1
    file.write_bytes(content if change == "byte" else content + b"x")
    out = tmp_path / "d"
    with pytest.raises(HumamError, match=r"source 'b/two.txt' from .* expected .*refused"):
        build(out, origin, mirror, listing, web=web)
    assert {p.name for p in tmp_path.iterdir()} == {mirror.name, listing.name}


def test_required_sources_out_of_reach_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(HumamError) as caught:
        build(tmp_path / "d", "web", web=NoWeb())
    assert all(path in str(caught.value) for path in RAW_FILES)
    assert "no network in this test" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_optional_source_out_of_reach_is_marked_and_the_run_goes_on(tmp_path: Path, toy: tuple[Path, Path]) -> None:
    mirror, listing = toy
    (mirror / "b" / "two.txt").unlink()
    told: list[str] = []
    build(tmp_path / "d", "mirror", mirror, listing, report=told.append)
    status = {e["path"]: (e["status"], e["reason"]) for e in fetch.read_status(tmp_path / "d")["sources"]}
    assert status["a/one.csv"] == ("mirror", "")
    assert status["b/two.txt"][0] == "unavailable"
    assert "not in" in status["b/two.txt"][1]
    assert any(line.startswith("unavailable: b/two.txt") for line in told)


def test_a_mirror_that_lacks_a_required_source_is_an_error_not_a_fallback(
    tmp_path: Path, toy: tuple[Path, Path]
) -> None:
    mirror, listing = toy
    (mirror / "a" / "one.csv").unlink()
    with pytest.raises(HumamError, match=r"1 required source\(s\) cannot be had: a/one.csv"):
        build(tmp_path / "d", "auto", mirror, listing, web=NoWeb())


def test_without_web_and_mirror_the_shipped_tables_are_used(tmp_path: Path) -> None:
    told: list[str] = []
    out = tmp_path / "d"
    assert build(out, "auto", web=NoWeb(), report=told.append) == "tables"
    assert sum(line.startswith("warning:") for line in told) == 1
    status = fetch.read_status(out)
    assert status["origin"] == "tables"
    assert {e["path"] for e in status["sources"] if e["status"] == "tables"} == set(RAW_FILES)
    assert sorted(p.name for p in out.iterdir() if not p.name.startswith(".")) == [
        "README.md",
        "sources.json",
        "sources.tsv",
        "tables",
    ]
    assert in_dataset(out, "git", "status", "--short") == ""
    made = tmp_path / "made"
    anatomy_tables.write(from_dataset(out), made)
    for file in sorted(made.iterdir()):
        assert file.read_bytes() == (shipped("datasets", "tables") / file.name).read_bytes()


def test_changed_tables_are_refused(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(shipped("datasets", "tables"), tables)
    file = tables / "area_volumes.csv"
    file.write_text(file.read_text().replace("3221.0", "3222.0"))
    with pytest.raises(HumamError, match=r"area_volumes.csv has SHA-256 .* it was changed"):
        build(tmp_path / "d", "tables", tables=tables)
    assert not (tmp_path / "d").exists()


def test_the_users_settings_are_neither_used_nor_changed(
    tmp_path: Path, toy: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror, listing = toy
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n name = Somebody\n email = s@b\n[annex]\n backend = MD5E\n")
    for name in ("GIT_AUTHOR_NAME", "GIT_DIR"):
        monkeypatch.setenv(name, "wrong")
    monkeypatch.setenv("HOME", str(home))
    build(tmp_path / "d", "mirror", mirror, listing)
    monkeypatch.undo()
    assert [p.name for p in home.iterdir()] == [".gitconfig"]
    assert in_dataset(tmp_path / "d", "git", "log", "-1", "--format=%an").strip() == "HuMAM archive"
    assert in_dataset(tmp_path / "d", "git", "annex", "lookupkey", "a/one.csv").startswith("SHA256E-")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"origin": "disk"}, "origin = 'disk' must be one of auto, web, mirror, tables"),
        ({"origin": "mirror"}, "needs the folder of the mirror"),
        ({"origin": "auto", "mirror": "no/such"}, "mirror 'no/such' is no folder"),
        ({"groups": ["mri"]}, "group 'mri' must be one of"),
        ({"sources": "no.tsv"}, "does not exist"),
    ],
)
def test_bad_arguments(tmp_path: Path, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(HumamError, match=message):
        build(tmp_path / "d", **arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("kept")
    with pytest.raises(HumamError, match="exists: delete it"):
        build(tmp_path, "tables")
    assert (tmp_path / "x").read_text() == "kept"


def test_command_line_error_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["dataset", "--origin", "mirror", "--mirror", str(tmp_path / "none"), "--out", str(tmp_path / "d")])
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"humam: error: mirror '{tmp_path}/none' is no folder\n"


def test_list_and_groups_of_sources_can_be_chosen(
    tmp_path: Path, toy: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    mirror, listing = toy
    rows = listing.read_text(encoding="utf-8").splitlines()
    listing.write_text("\n".join([*rows[:2], rows[2].replace("\tanatomy\t", "\tpublished\t")]) + "\n", encoding="utf-8")
    out = tmp_path / "d"
    command = ["dataset", "--origin", "mirror", "--mirror", str(mirror), "--sources", str(listing), "--out", str(out)]
    main([*command, "--groups", "fmri,published"])
    assert capsys.readouterr().err.splitlines()[-1] == f"humam: dataset {str(out)!r} holds data from: mirror"
    assert [entry["path"] for entry in fetch.read_status(out)["sources"]] == ["b/two.txt"]
    assert (out / "b" / "two.txt").exists() and not (out / "a").exists()
    assert (out / "sources.tsv").read_bytes() == listing.read_bytes()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine, for the downloads themselves."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **named) -> None:
            super().__init__(*arguments, directory=str(folder), **named)

        def log_message(self, *arguments) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}", folder
        httpd.shutdown()


def source(url: str, content: bytes, role: str = "required", gitblob: str = "") -> sources.Source:
    digest = "" if gitblob else hashlib.sha256(content).hexdigest()
    size = None if gitblob else len(content)
    return sources.Source("x/file", url, size, digest, gitblob, role, "anatomy", "l", "c", "d")


def test_download(tmp_path: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    address, folder = server
    (folder / "file").write_bytes(b"abc\n")
    out = tmp_path / "out"
    assert fetch.fetch([source(f"{address}/file", b"abc\n")], out, web=fetch.Web())[0].status == "web"
    assert (out / "x" / "file").read_bytes() == b"abc\n"
    # Known by its git blob id only.
    blob = sources.git_blob_id(folder / "file")[:8]
    assert fetch.fetch([source(f"{address}/file", b"", gitblob=blob)], out, web=fetch.Web())[0].status == "web"
    with pytest.raises(HumamError, match=r"has git blob id .*refused"):
        fetch.fetch([source(f"{address}/file", b"", gitblob="0" * 8)], out, web=fetch.Web())
    with pytest.raises(HumamError, match="has 4 bytes, expected 5"):
        fetch.fetch([source(f"{address}/file", b"abcd\n")], out, web=fetch.Web())
    missing = fetch.fetch([source(f"{address}/none", b"abc\n")], out, web=fetch.Web())
    assert (missing[0].status, missing[0].reason) == ("unavailable", "HTTP 404 File not found")


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [("Content-Length: 8", b"abc\n", "the connection ended after 4 of 8 bytes"),
     ("Transfer-Encoding: chunked", b"4\r\nabc\n\r\n8\r\nab", "IncompleteRead"),
     ("Transfer-Encoding: chunked", b"not a number\r\n", "IncompleteRead")],
)  # fmt: skip
def test_a_broken_download_is_a_host_out_of_reach(tmp_path, monkeypatch, head, body, reason) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    class Broken(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\nConnection: close\r\n\r\n".encode() + body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{httpd.server_address[1]}"
        (got,) = fetch.fetch([source(f"{address}/file", b"abc\nabc\n")], tmp_path / "out", web=fetch.Web())
        httpd.shutdown()
    assert got.status == "unavailable"
    assert got.reason.startswith("127.0.0.1:") and f"cannot be reached ({reason}" in got.reason
    assert not list((tmp_path / "out").rglob("*file*"))


def test_a_silent_host_is_asked_once_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    asked, waited_for, came, done = [], [], threading.Event(), threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address)
            came.set()
            if not done.wait(30):
                waited_for.append(self.client_address)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as httpd:
        httpd.daemon_threads = True
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{httpd.server_address[1]}"
        web = fetch.Web(probe_timeout_s=0.3)
        got = fetch.fetch([source(f"{address}/{i}", b"") for i in range(5)], tmp_path, web=web)
        assert came.wait(30)
        done.set()
        httpd.shutdown()
    assert (len(asked), waited_for) == (1, [])
    assert {g.status for g in got} == {"unavailable"} and len({g.reason for g in got}) == 1
    host = address.removeprefix("http://")
    assert re.fullmatch(rf"{host} cannot be reached \((no answer within 0.3 s|timed out)\)", got[0].reason)
