"""Start this installation of pr-sessions isolated: `python -I STUB WORDS...`.

With `-I`, Python imports no module from the current folder, PYTHONPATH or the user's site folder, and runs no
`sitecustomize.py` of theirs. This file finds its package by its own path, so that an installation for one user, an
editable one and one in a separate folder work as well.

    python -I STUB drain                        the command line
    python -I STUB --script NAME FILE WORDS...  a compatible script, installed as FILE
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

PATH = os.path.abspath(__file__)
_PACKAGE = os.path.dirname(PATH)


def main() -> "NoReturn":
    """Run the words that follow this file's name."""
    if not sys.flags.isolated:
        # The package's own folder would be the first in which modules are looked for.
        _fail(f"{PATH} runs isolated only", f"{sys.executable} -I {PATH}")
    find_own_package(os.path.dirname(_PACKAGE))
    try:
        _run(sys.argv[1:])
    except ModuleNotFoundError as error:
        _fail(f"pr-sessions cannot be used with {sys.executable}: {error}", "install pr-sessions for it again")


def find_own_package(folder: str) -> None:
    """Let imports find the package in that folder, and what was installed along with it.

    It comes before what all users share, as Python has it, and after the standard library.
    """
    from site import getsitepackages

    shared = getsitepackages()
    if folder in shared:
        return
    first = next((number for number, place in enumerate(sys.path) if place in shared), len(sys.path))
    site = user_site(_user_folder())
    sys.path[first:first] = [folder, *([site] if site else [])]


def user_site(user_folder: str | None) -> str | None:
    """Return the site folder in a user's home if pr-sessions was installed there, perhaps editable."""
    if user_folder is None:
        return None
    from sysconfig import get_path, get_preferred_scheme

    framework = getattr(sys, "_framework", "") if sys.platform == "darwin" else ""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = (
        os.path.join(user_folder, "Library", framework, version) if framework else os.path.join(user_folder, ".local")
    )
    folder = get_path("purelib", get_preferred_scheme("user"), {"userbase": base})
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    return folder if any(n.startswith("pr_sessions-") and n.endswith(".dist-info") for n in names) else None


def _user_folder() -> str | None:
    """Return the account's home folder; HOME and PYTHONUSERBASE are ignored, since anybody may set them."""
    if sys.platform == "win32":
        return None
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None


def _run(words: list[str]) -> "NoReturn":
    if words[:1] == ["--script"]:
        from pr_sessions.compat.install import run

        sys.exit(run(words[1], words[2], words[3:]))
    from pr_sessions.cli.start import main as command_line

    command_line()


def _fail(problem: str, hint: str) -> "NoReturn":
    sys.stderr.write(f"error: {problem}\nhint: {hint}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
