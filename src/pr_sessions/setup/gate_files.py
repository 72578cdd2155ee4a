"""The files of `init --github`: workflows that use the gate, their action, and what the action installs."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from pr_sessions.core.gate import SWEEP
from pr_sessions.core.policy import GateMode
from pr_sessions.errors import InvalidValue
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import Place
from pr_sessions.setup.gate_source import Commit, Source, Wheel
from pr_sessions.setup.steps import Action, Step

TEMPLATES = Path(__file__).with_name("github")
ACTION = ".github/actions/pr-sessions"
WORKFLOWS = ".github/workflows"
AROUND = "pr-sessions.yml"
DASHBOARD = "pr-sessions-dashboard.yml"
WORKFLOW_NAMES = (AROUND, "pr-sessions-gate.yml", "pr-sessions-check.yml", SWEEP, DASHBOARD)
_TOOL = f"{ACTION}/tool.txt"
# Each source and each mode of the gate needs some of these files, and a wheel may be added.
_PURPOSES = {
    f"{ACTION}/action.yml": "what its workflows run",
    f"{ACTION}/requirements.txt": "what is installed for that, by hash",
    f"{ACTION}/build.txt": "what pr-sessions is built with, by hash",
    _TOOL: "the wheel of pr-sessions, by hash",
    f"{WORKFLOWS}/{AROUND}": "started by events",
    f"{WORKFLOWS}/pr-sessions-gate.yml": "asked by your own workflows",
    f"{WORKFLOWS}/pr-sessions-check.yml": "the last job of a workflow that asked",
    f"{WORKFLOWS}/{SWEEP}": "every ten minutes while something waits",
    f"{WORKFLOWS}/{DASHBOARD}": "the issue that shows what is open",
}
PATHS = tuple(_PURPOSES)
# Of the workflow that asks a server.
_ASKS = b"`init --github --server` wrote it"
RENEW = "pr-sessions init --github --from ..."
_LIMIT = 16 * MIB

# The only action that is not ours. A commit cannot be moved, a tag can.
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"

_PINNED = re.compile(
    rb"^\$\{GITHUB_ACTION_PATH\}/([A-Za-z0-9.!+_-]{1,100}) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE
)
_FIRST_LINE = re.compile(
    rb"# pr-sessions [0-9A-Za-z.+]{1,40}, init --github\. SHA-256 of what follows: ([0-9a-f]{64})\n"
)


def to_install(
    repository: Repository, source: Source, mode: GateMode, *, dashboard: bool = False, server: str = ""
) -> Iterator[Step]:
    """Write what is missing or outdated, unless somebody has changed it, and remove what has no use any more.

    Args:
        repository: in which they are written.
        source: from which the action installs this package.
        mode: of the gate.
        dashboard: whether an issue shows what is open.
        server: the address of the team's server, which the workflows ask; empty for none.

    Raises:
        InvalidValue: the repository is not in git, so on no forge.
    """
    if repository.git_dir is None:
        raise InvalidValue(f"{repository.root} is not in git, so GitHub runs nothing for it", "run `git init` first")
    from importlib.metadata import version

    wanted = gate_files(version("pr-sessions"), source, mode, dashboard=dashboard, server=server)
    for name, data in wanted.items():
        path = repository.place(name)
        present = read_bytes(path, _LIMIT)
        if present is not None:
            is_same = data in (present, present.replace(b"\r\n", b"\n"))
            if is_same or not _is_as_written(repository, name, present):
                continue
        yield Step(Action.WRITE, path, f"the gate: {_PURPOSES.get(name, 'pr-sessions itself')}", data)
    for name, data in _present(repository):
        if name not in wanted and _is_as_written(repository, name, data):
            yield Step(Action.REMOVE, repository.place(name), "the gate, as another init --github wrote it")


def to_remove(repository: Repository) -> Iterator[Step]:
    """Remove every file that is as `init --github` of some version wrote it."""
    for name, data in _present(repository):
        if _is_as_written(repository, name, data):
            yield Step(Action.REMOVE, repository.place(name), "the gate, as init --github wrote it")


def in_the_way(repository: Repository) -> tuple[Place, ...]:
    """Return files of these names that stay as they are: foreign ones, and those of ours that somebody has changed."""
    present = _present(repository)
    return tuple(repository.place(name) for name, data in present if not _is_as_written(repository, name, data))


def changed(repository: Repository) -> tuple[Place, ...]:
    """Return the files of ours that somebody has changed."""
    ours = ((name, data) for name, data in _present(repository) if is_ours(data))
    return tuple(repository.place(name) for name, data in ours if not _is_as_written(repository, name, data))


def wrong_mode(repository: Repository, mode: GateMode, *, dashboard: bool = False) -> str:
    """Return what is wrong if the workflows are those of another mode of the gate; empty if nothing is."""
    names = (AROUND, SWEEP, DASHBOARD)
    around, sweep, own_issue = (read_bytes(repository.place(f"{WORKFLOWS}/{name}"), _LIMIT) for name in names)
    if around is None or not is_ours(around):
        return ""
    if asks_server(around):
        return "" if f"`gate: {mode}`".encode() in around else f"the workflows in .github are not those of gate: {mode}"
    if (mode is GateMode.ENFORCE) == (sweep is not None):
        return "gate.dashboard: true shows nothing: its workflow is missing" if dashboard and own_issue is None else ""
    if mode is GateMode.ENFORCE:
        return "gate: enforce postpones nothing: the workflows in .github are those of gate: advisory"
    return "the workflows in .github are those of gate: enforce, which cost more minutes than gate: advisory needs"


def gate_files(
    version: str, source: Source, mode: GateMode, *, dashboard: bool = False, server: str = ""
) -> Mapping[str, bytes]:
    """Return every file by its path from the repository's root; the same on every machine.

    Args:
        version: of this package.
        source: from which the action installs it.
        mode: of the gate. Each has its own workflows, since one that reads a setting first costs minutes for that.
        dashboard: whether an issue shows what is open; with a server its App writes it.
        server: the address of the team's server, which the workflows ask; empty for none.
    """
    build = ("build.txt",) if isinstance(source, Commit) else ()
    installed = " ".join(_file(name) for name in ("requirements.txt", *build))
    action = _template(
        "action.yml",
        REQUIREMENTS=installed,
        TOOL=_installs(source),
        EXPECTED=source.digest,
        POSTPONES="true" if mode is GateMode.ENFORCE else "false",
    )
    texts = {f"{ACTION}/action.yml": action}
    texts |= {f"{ACTION}/{name}": _template(name) for name in ("requirements.txt", *build)}
    if isinstance(source, Wheel):
        # pip fills in the folder of the action: https://pip.pypa.io/en/stable/reference/requirements-file-format/
        digest = sha256(source.data).hexdigest()
        texts[_TOOL] = f"${{GITHUB_ACTION_PATH}}/{source.name} --hash=sha256:{digest}\n"
    workflows = _workflows_with_server(mode, server) if server else _workflows(mode)
    texts |= {f"{WORKFLOWS}/{name}": text for name, text in workflows}
    texts |= {f"{WORKFLOWS}/{DASHBOARD}": _dashboard(mode)} if dashboard and not server else {}
    wheel = {f"{ACTION}/{source.name}": source.data} if isinstance(source, Wheel) else {}
    return {path: _signed(text.encode(), version) for path, text in texts.items()} | wheel


def own_action() -> str:
    """Return the action of our own repository, for workflows that use it by repository and commit."""
    folder = "src/pr_sessions/setup/github"
    requirements = " ".join(_file(f"{folder}/{name}") for name in ("requirements.txt", "build.txt"))
    return _template(
        "action.yml",
        REQUIREMENTS=requirements,
        TOOL=_builds("$GITHUB_ACTION_PATH"),
        EXPECTED='$(digest "$GITHUB_ACTION_PATH/src")',
        POSTPONES="true",
    )


def recorded_wheel(tool: bytes) -> tuple[str, str] | None:
    """Return the path and the SHA-256 of the wheel that a `tool.txt` of ours installs."""
    pin = _PINNED.search(tool.replace(b"\r\n", b"\n"))
    return (f"{ACTION}/{pin[1].decode()}", pin[2].decode()) if pin else None


def is_untouched(data: bytes) -> bool:
    """Tell whether a file is as `init --github` of some version wrote it; git may have changed its line ends."""
    plain = data.replace(b"\r\n", b"\n")
    first = _FIRST_LINE.match(plain)
    return first is not None and first[1].decode() == sha256(plain[first.end() :]).hexdigest()


def asks_server(around: bytes) -> bool:
    """Tell whether a workflow is the one that asks a team's server."""
    return _ASKS in around


def is_ours(data: bytes) -> bool:
    """Tell whether `init --github` wrote a file that somebody may have changed since."""
    return data.startswith(b"# pr-sessions ")


def _workflows(mode: GateMode) -> Iterator[tuple[str, str]]:
    around = _template(f"pr-sessions-{mode}.yml", CHECKOUT=CHECKOUT, SWEEP=_sweep("github.event_name == 'schedule'"))
    yield AROUND, around
    for name in ("pr-sessions-gate.yml", "pr-sessions-check.yml"):
        yield name, _template(name, CHECKOUT=CHECKOUT)
    if mode is GateMode.ENFORCE:
        yield SWEEP, _template(SWEEP, SWEEP=_sweep())


def _workflows_with_server(mode: GateMode, server: str) -> Iterator[tuple[str, str]]:
    """Yield the workflows that ask a server; what it does not answer, they do themselves."""
    step = (TEMPLATES / "ask-step.yml").read_text("utf-8").rstrip("\n")
    # In advisory mode no answer lets a check wait.
    waits = {"ABOUT": "wait", "EXPECTED": "wait" if mode is GateMode.ENFORCE else "none"}
    waits |= {"OUTPUT": "should_skip_scoring", "IF": ""}
    starts = {"ABOUT": "start", "EXPECTED": "app", "OUTPUT": "app"}
    starts |= {"IF": "\n        if: ${{ github.event.pull_request }}"}
    for name, template, values in (
        (AROUND, "pr-sessions-server.yml", starts),
        ("pr-sessions-gate.yml", "pr-sessions-asks.yml", waits),
    ):
        text = _template(template, ASK=step, CHECKOUT=CHECKOUT, MODE=mode)
        for key, value in {**values, "SERVER": server}.items():
            text = text.replace(f"@{key}@", value)
        yield name, text
    yield "pr-sessions-check.yml", _template("pr-sessions-check.yml", CHECKOUT=CHECKOUT)


def _dashboard(mode: GateMode) -> str:
    """Return the workflow of the dashboard; only where checks wait it has boxes that start them."""
    boxes = _BOXES if mode is GateMode.ENFORCE else _NO_BOXES
    return _template(DASHBOARD, CHECKOUT=CHECKOUT, MODE=mode, **boxes)


_NO_BOXES = {
    "ISSUES": "",
    "TICKED": "",
    "ALONE": "",
    "GROUP": "",
    "PERMISSIONS": """\
      pull-requests: read # pull requests, their files, reviews and comments
      checks: read # results of checks
""",
}
_BOXES = {
    "ISSUES": """\
  issues:
    types: [edited]
""",
    "TICKED": """\
      (github.event_name == 'issues' && github.event.sender.type != 'Bot' && github.event.issue.user.type == 'Bot' &&
      contains(github.event.changes.body.from, '<!-- pr-sessions: dashboard -->')) ||
""",
    "ALONE": " Each edit of the issue has a group of its own: no box is dropped.",
    "GROUP": "-${{ github.event_name == 'issues' && github.run_id }}",
    "PERMISSIONS": """\
      pull-requests: write # the comment that completes a session
      checks: write # the check `pr-sessions`
      actions: write # starts the workflow of the setting gate.workflow, and switches pr-sessions-sweep.yml on
""",
}


def _sweep(condition: str = "") -> str:
    line = f"    if: ${{{{ {condition} }}}}\n" if condition else ""
    return _template("sweep-job.yml", IF=line, CHECKOUT=CHECKOUT).rstrip("\n")


def _present(repository: Repository) -> Iterator[tuple[str, bytes]]:
    wheel = _recorded(repository)
    for name in (*PATHS, *([wheel[0]] if wheel else [])):
        data = read_bytes(repository.place(name), _LIMIT)
        if data is not None:
            yield name, data


def _is_as_written(repository: Repository, name: str, data: bytes) -> bool:
    """Tell whether a file is as some `init --github` wrote it; a wheel has the digest that is recorded."""
    return is_untouched(data) if name in PATHS else _recorded(repository) == (name, sha256(data).hexdigest())


def _recorded(repository: Repository) -> tuple[str, str] | None:
    tool = read_bytes(repository.place(_TOOL), MIB)
    return recorded_wheel(tool) if tool and is_untouched(tool) else None


def _signed(text: bytes, version: str) -> bytes:
    digest = sha256(text).hexdigest()
    return f"# pr-sessions {version}, init --github. SHA-256 of what follows: {digest}\n".encode() + text


def _template(name: str, **values: str) -> str:
    text = (TEMPLATES / name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _file(path: str) -> str:
    return f'-r "$GITHUB_ACTION_PATH/{path}"'


def _installs(source: Source) -> str:
    if isinstance(source, Wheel):
        flags = "--require-hashes --no-deps --no-index --only-binary :all: --no-compile"
        return f'"$python" -I -m pip install {flags} {_file("tool.txt")}'
    # Git itself verifies that what it fetches by a commit's name is that commit.
    lines = (
        'source="$RUNNER_TEMP/pr-sessions-source"',
        'git init -q "$source"',
        f'git -C "$source" fetch -q --depth 1 --no-tags "{source.url}" "{source.commit}"',
        f'git -C "$source" -c core.autocrlf=false checkout -q --force --detach "{source.commit}"',
        _builds("$source"),
    )
    return "\n        ".join(lines)  # indented as in the template


def _builds(folder: str) -> str:
    flags = "--no-deps --no-compile --no-build-isolation --no-index"
    return f'"$python" -I -m pip install {flags} "{folder}"'
