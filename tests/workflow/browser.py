"""Pages opened from disk in headless Chromium, the machine's own (Debian: the package chromium)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}

_FOUND_ON_PAGE = """() => ({
    images: [...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.alt || i.src.slice(0, 80)),
    nameless: [...document.querySelectorAll('img, a[href]')]
        .filter(e => !(e.alt || e.textContent.trim() || e.querySelector('img')?.alt))
        .map(e => e.outerHTML.slice(0, 80)),
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""


@contextmanager
def chromium() -> Iterator[Callable[..., Any]]:
    """Yield a maker of browser contexts without a network; skip the test where there is no browser."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("chromium is not on PATH (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to run as root.
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0)
        try:
            yield lambda **options: browser.new_context(offline=True, viewport=DESK, **options)
        finally:
            browser.close()


def watch(page) -> list[str]:
    """Return a list that fills with whatever goes wrong on a page, or is asked for from elsewhere."""
    problems: list[str] = []
    page.on("console", lambda said: said.type in ("error", "warning") and problems.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"not loaded: {request.url[:100]}"))
    page.on(
        "request",
        lambda request: request.url.startswith(("file:", "data:")) or problems.append(f"from elsewhere: {request.url}"),
    )
    return problems


def visit_all(context, front: Path) -> tuple[set[Path], list[str]]:
    """Open the front page and every page below its folder that links lead to, on a desk and on a phone.

    Returns
    -------
    pages : set of paths
        Those visited.
    problems : list of str
        Errors of the console, broken images, links to files or anchors that are not there, requests to elsewhere,
        pages wider than a phone. Nothing that a reader meets is left out.
    """
    page = context.new_page()
    problems = watch(page)
    todo, visited, anchors = [front.resolve()], set(), set()
    ids: dict[Path, set[str]] = {}
    while todo:
        path = todo.pop()
        visited.add(path)
        before = len(problems)
        page.set_viewport_size(DESK)
        page.goto(path.as_uri())
        page.evaluate("() => document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
        page.wait_for_load_state("load")
        page.wait_for_function("() => [...document.images].every(i => i.complete)")
        found = page.evaluate(_FOUND_ON_PAGE)
        page.set_viewport_size(PHONE)
        wider = page.evaluate(_FOUND_ON_PAGE)["wider"]
        ids[path] = set(page.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)"))
        problems += [f"broken image: {text}" for text in found["images"]]
        problems += [f"no text: {text}" for text in found["nameless"]]
        if max(wider, found["wider"]) > 0:
            problems.append(f"{wider} pixels wider than a phone, {found['wider']} than a desk")
        for link in found["links"]:
            address, anchor = urldefrag(link)
            if not address.startswith("file://"):
                continue
            target = Path(unquote(address.removeprefix("file://")))
            if not target.exists():
                problems.append(f"leads nowhere: {link}")
            elif target.suffix == ".html" and "pipeline_info" not in target.parts:  # Nextflow's own pages
                anchors |= {(target, anchor)} if anchor else set()
                todo += [target] if target not in visited | set(todo) else []
        problems[before:] = [f"{path.name} of {path.parent.name}: {text}" for text in problems[before:]]
    missing = [f"no anchor {anchor!r} in {path}" for path, anchor in sorted(anchors) if anchor not in ids[path]]
    return visited, problems + missing
