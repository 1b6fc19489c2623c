"""The page in a browser: how soon it can be used, answers an edit, opens a large network; its size.

    python -m benchmarks.page [--rounds 9]

A warm server (one gunicorn worker, as `make serve` starts it) and one Chromium on the same machine;
each figure is the median of the rounds, with the best and the worst in parentheses. On a machine
that does other work at the same time the best tells most.
"""

import argparse
import gzip
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "service" / "static" / "page"
START_SECONDS = 30
READY_SECONDS = 30
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

READY = """() => {
    const there = () => /\\d/.test(document.querySelector('.cell[data-at="/cost"]')?.textContent);
    const seen = new MutationObserver(() => {
        if (there() && !window.readyAt) window.readyAt = performance.now();
    });
    seen.observe(document, {childList: true, subtree: true, characterData: true});
}"""
EDIT = """([at, value]) => new Promise((done) => {
    const cost = document.querySelector('.cell[data-at="/cost"]'), before = cost.title;
    const input = document.querySelector(`input[data-at="${at}"]`), start = performance.now();
    const look = () =>
        cost.title !== before ? done(performance.now() - start) : requestAnimationFrame(look);
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
    look();
})"""
OPEN = """(sizes) => new Promise((done) => {
    const box = document.getElementById("sizes");
    window.longest = 0;
    new PerformanceObserver((list) => {
        const found = list.getEntries().map((task) => task.duration);
        window.longest = Math.max(window.longest, ...found);
    }).observe({type: "longtask"});
    box.value = sizes;
    const start = performance.now();
    box.form.requestSubmit();
    const shown = () => document.querySelector('.cell[data-at="/cost"]')?.title;
    const look = () => (shown() ? done(performance.now() - start) : requestAnimationFrame(look));
    requestAnimationFrame(look);
})"""
HOVER = """(at) => new Promise((done) => {
    const cell = document.querySelector(`.cell[data-at="${at}"]`), start = performance.now();
    cell.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


@contextmanager
def served() -> Iterator[str]:
    """The application under gunicorn on a free port, after a first request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "service:create_app()"]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _ in range(START_SECONDS * 10):
        try:
            urllib.request.urlopen(f"{address}/livez")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"no answer from {address}")


def first_view(tab: Page, address: str) -> float:
    """Milliseconds from the navigation to the first number on the page, listeners in place."""
    tab.goto("about:blank")
    tab.goto(address)
    return ready(tab)


def ready(tab: Page) -> float:
    """Waits for the first number; the page's policy forbids Playwright's own way of waiting."""
    for _ in range(READY_SECONDS * 100):
        if at := tab.evaluate("window.readyAt ?? 0"):
            return float(at)
        tab.wait_for_timeout(10)
    raise SystemExit("the page shows no number")


def edit(tab: Page, at: str, k: int) -> float:
    """Milliseconds from a key to the new cost on the page."""
    return float(tab.evaluate(EDIT, [at, str(0.11 + k / 100)]))


def opened(tab: Page, sizes: str) -> float:
    """Milliseconds from the button to the cost of another network."""
    tab.click("#open")
    tab.wait_for_selector("#sizes")
    return float(tab.evaluate(OPEN, sizes))


def measure(rounds: int, run: Callable[[int], float]) -> str:
    """Median, best and worst of the rounds."""
    found = [run(k) for k in range(rounds)]
    return f"{statistics.median(found):6.0f} ms  ({min(found):.0f} to {max(found):.0f} ms)"


def sizes(tab: Page, address: str) -> tuple[int, int, int, int]:
    """Of the first view's scripts and of all: how many, and bytes gzipped one by one."""
    loaded: list[str] = []
    tab.on("response", lambda response: loaded.append(response.url))
    tab.goto("about:blank")
    tab.goto(address)
    ready(tab)
    first = [SCRIPTS / url.split("/static/page/")[1] for url in loaded if url.endswith(".js")]
    everything = sorted(SCRIPTS.rglob("*.js"))
    return len(first), zipped(first), len(everything), zipped(everything)


def zipped(scripts: list[Path]) -> int:
    """Bytes of files, each gzipped."""
    return sum(len(gzip.compress(script.read_bytes(), 9)) for script in scripts)


def report(address: str, browser_path: str, rounds: int) -> None:
    """Print the figures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.add_init_script(f"({READY})()")
        first_view(tab, address)  # warms the server and the browser
        print("first view usable           ", measure(rounds, lambda _: first_view(tab, address)))
        opened(tab, "2-3-2")
        at = "/weights/0/1/0"
        print("edit answered, 2–3–2        ", measure(rounds, lambda k: edit(tab, at, k)))
        print("number pointed at, 2–3–2    ", measure(rounds, lambda _: hover(tab, "/z/0/1")))
        print("784–30–10 open              ", measure(rounds, lambda _: opened(tab, "784-30-10")))
        print(f"  longest task                 {tab.evaluate('longest'):.0f} ms")
        print("  edit answered             ", measure(rounds, lambda k: edit(tab, at, k)))
        print("  number pointed at         ", measure(rounds, lambda _: hover(tab, "/z/0/1")))
        first, first_bytes, every, every_bytes = sizes(tab, address)
        print(f"JavaScript of the first view: {first} files, {first_bytes / 1000:.1f} kB gzipped")
        print(f"JavaScript of all views:      {every} files, {every_bytes / 1000:.1f} kB gzipped")
        together = b"".join(script.read_bytes() for script in sorted(SCRIPTS.rglob("*.js")))
        print(f"  in one stream:              {len(gzip.compress(together, 9)) / 1000:.1f} kB")
        browser.close()


def hover(tab: Page, at: str) -> float:
    """Milliseconds from pointing at a number to the lights."""
    tab.mouse.move(0, 0)
    return float(tab.evaluate(HOVER, at))


def main() -> None:
    """Read the command line, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    browser = os.environ.get("BACKCHECK_CHROMIUM") or shutil.which("chromium")
    if not browser:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    with served() as address:
        report(address, browser, rounds)


if __name__ == "__main__":
    main()
