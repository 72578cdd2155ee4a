"""A clone full of Python modules, and an environment that leads there: each that is run leaves its name."""

import os
import sys
from pathlib import Path

OURS = ("anyascii", "click", "msgspec", "yaml", "tzlocal", "tzdata", "re2", "httpx", "gidgethub", "evil")
STARTED_BY_PYTHON = ("sitecustomize", "usercustomize")
# What is built in is never looked for.
LIBRARY = sorted(sys.stdlib_module_names.difference(sys.builtin_module_names, ("antigravity", "this")))
NAMES = (*LIBRARY, *OURS, *STARTED_BY_PYTHON)
# Python itself reads these, or cannot start without them, before it comes to anything of ours.
NOT_AT_START = tuple(
    name for name in NAMES if name not in sys.modules or name in (*OURS, "json", "subprocess", "argparse", "pathlib")
)


class Hostile:
    """Modules below a clone, and what of them was run."""

    def __init__(self, root: Path, traces: Path) -> None:
        self.root = root
        self._traces = traces
        self._module = traces.with_name("module")

    def bring(self, folder: str, names: tuple[str, ...] = NAMES) -> Path:
        """Put a module of each name into a folder, and a package of our own name."""
        place = self.root / folder
        (place / "pr_sessions").mkdir(parents=True, exist_ok=True)
        for name in names:
            self._write(place / f"{name}.py")
        for name in ("__init__", "__main__", "stub"):
            self._write(place / f"pr_sessions/{name}.py")
        return place

    def environment(self) -> dict[str, str]:
        """This environment, with all that Python looks at leading into the clone."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        for folder in ("modules", f"lib/{version}", f"lib/{version}/site-packages"):
            self.bring(folder)
        self._write(self.root / "startup.py")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(self.root), str(self.root / "modules"), "")),
            "PYTHONHOME": str(self.root),
            "PYTHONUSERBASE": str(self.root),
            "PYTHONSTARTUP": str(self.root / "startup.py"),
            "PYTHONINSPECT": "1",
            "PYTHONWARNINGS": "error::evil.Evil",
            "PYTHONBREAKPOINT": "evil.stop",
            "PYTHONPYCACHEPREFIX": str(self.root / "modules"),
        }

    @property
    def traces(self) -> list[str]:
        """The modules that were run, as paths below the clone."""
        lines = self._traces.read_text().splitlines() if self._traces.exists() else []
        return sorted({os.path.relpath(line, self.root) for line in lines})

    def _write(self, path: Path) -> None:
        if not self._module.exists():
            # By what is built in: where Python itself starts with such a module, there is no `open` yet.
            self._module.write_text(
                "import posix\n"
                f"file = posix.open({str(self._traces)!r}, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o600)\n"
                "posix.write(file, __file__.encode() + b'\\n')\nposix.close(file)\n"
            )
        path.hardlink_to(self._module)
