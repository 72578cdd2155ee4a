"""Where a program lies: found on PATH by its full path, never in the current folder.

`shutil.which` and Windows' CreateProcess look into the current folder, which may be a clone that holds a `git.exe`. An
empty or relative entry of PATH means the current folder, or one below it, so those entries are skipped. An absolute
entry is the user's own choice, wherever it leads.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

# Others (`.bat`, `.cmd`) are run by a shell, which reads their arguments by rules of its own.
_STARTABLE = (".com", ".exe")
# What a command line accepts as a command, though a shell would start it.
COMMANDS = (*_STARTABLE, ".cmd", ".bat")

_programs: dict[tuple[str, str, tuple[str, ...]], str] = {}


def find_program(
    name: str, environ: "Mapping[str, str] | None" = None, endings: tuple[str, ...] = _STARTABLE
) -> str | None:
    """Return the full path of a program; `None` where PATH does not lead to it.

    Args:
        name: without a folder.
        environ: where `PATH` and, on Windows, `PATHEXT` are read; the process's own environment if not given.
        endings: on Windows, those of the files that count. `COMMANDS` asks whether a command is there at all.
    """
    environ = os.environ if environ is None else environ
    path = environ.get("PATH", os.defpath)
    key = (name, path, endings)
    if key not in _programs:
        paths = candidates(name, path, environ.get("PATHEXT", ""), endings)
        program = next((p for p in paths if os.path.isfile(p) and os.access(p, os.X_OK)), None)
        if program is None:
            return None
        _programs[key] = program
    return _programs[key]


def absolute_entries(path: str, rules: "ModuleType" = os.path) -> "Iterator[str]":
    """Yield the entries of a PATH that lead to the same folder wherever a program is started.

    Args:
        path: the value of the variable.
        rules: `posixpath` or `ntpath`; those of this system if not given.
    """
    for entry in path.split(rules.pathsep):
        # Windows allows quotes around an entry.
        folder = entry.strip('"') if rules.sep == "\\" else entry
        drive, rest = rules.splitdrive(folder)
        # `\tools` lies on the current drive, `C:tools` in the current folder of that drive.
        if rest[:1] in (rules.sep, "/") and rest and (drive or rules.sep == "/"):
            yield folder


def child_environment(environ: "Mapping[str, str] | None" = None) -> dict[str, str]:
    """Return an environment in which a program finds others as we do: by absolute entries of PATH alone.

    Git starts `ssh`, and `gh` starts git, with the clone as their current folder.
    """
    passed = dict(os.environ if environ is None else environ)
    passed["PATH"] = os.pathsep.join(absolute_entries(passed.get("PATH", os.defpath)))
    if os.name == "nt":
        # https://learn.microsoft.com/windows/win32/api/processenv/nf-processenv-needcurrentdirectoryforexepathw
        passed["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"
    return passed


def candidates(
    name: str, path: str, pathext: str, endings: tuple[str, ...] = _STARTABLE, rules: "ModuleType" = os.path
) -> "Iterator[str]":
    """Yield the full paths at which a program of that name may lie, in the order in which they are tried."""
    if rules.basename(name) != name:
        return
    for folder in absolute_entries(path, rules):
        for ending in _endings(name, pathext, endings) if rules.sep == "\\" else ("",):
            yield rules.join(folder, name + ending)


def _endings(name: str, pathext: str, endings: tuple[str, ...]) -> tuple[str, ...]:
    if name.lower().endswith(endings):
        return ("",)
    return tuple(ending for ending in pathext.lower().split(";") if ending in endings) or endings
