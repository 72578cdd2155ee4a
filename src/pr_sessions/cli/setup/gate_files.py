"""What `init --github` writes: workflows that ask the gate, the action that they use, and what that one installs."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

TEMPLATES = Path(__file__).with_name("github")
ACTION = ".github/actions/pr-sessions"
WORKFLOWS = ".github/workflows"
WORKFLOW_NAMES = ("pr-sessions.yml", "pr-sessions-gate.yml", "pr-sessions-check.yml")
PATHS = (f"{ACTION}/action.yml", f"{ACTION}/requirements.txt", *(f"{WORKFLOWS}/{name}" for name in WORKFLOW_NAMES))

# The only action of somebody else's. A commit cannot be moved, a tag can.
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"

_FIRST_LINE = re.compile(
    rb"# pr-sessions [0-9A-Za-z.+]{1,40}, init --github\. SHA-256 of what follows: ([0-9a-f]{64})\n"
)


def gate_files(version: str) -> Mapping[str, bytes]:
    """Every file by its path from the repository's root; the same on every machine.

    Args:
        version: of this package, which the action installs.
    """
    action = _template("action.yml", REQUIREMENTS=_file("requirements.txt"), TOOL=_published(version))
    texts = (action, _template("requirements.txt"), *(_template(name, CHECKOUT=CHECKOUT) for name in WORKFLOW_NAMES))
    return {path: _signed(text.encode(), version) for path, text in zip(PATHS, texts, strict=True)}


def own_action() -> str:
    """The same action as it stands in our own repository, for those who use it by repository and commit."""
    folder = "src/pr_sessions/cli/setup/github"
    requirements = " ".join(_file(f"{folder}/{name}") for name in ("requirements.txt", "build.txt"))
    return _template(
        "action.yml", REQUIREMENTS=requirements, TOOL='--no-build-isolation --no-index "$GITHUB_ACTION_PATH"'
    )


def is_untouched(data: bytes) -> bool:
    """Whether a file is as `init --github` of some version wrote it; line ends may have been changed by git."""
    plain = data.replace(b"\r\n", b"\n")
    first = _FIRST_LINE.match(plain)
    return first is not None and first[1].decode() == sha256(plain[first.end() :]).hexdigest()


def is_ours(data: bytes) -> bool:
    """Whether `init --github` wrote a file, whatever became of it since."""
    return data.startswith(b"# pr-sessions ")


def _signed(text: bytes, version: str) -> bytes:
    return (
        f"# pr-sessions {version}, init --github. SHA-256 of what follows: {sha256(text).hexdigest()}\n".encode() + text
    )


def _template(name: str, **values: str) -> str:
    text = (TEMPLATES / name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _file(path: str) -> str:
    return f'-r "$GITHUB_ACTION_PATH/{path}"'


def _published(version: str) -> str:
    return f"--only-binary :all: pr-sessions=={version}"
