"""Move repositories from workflows that do everything to those that ask a team's server: a pull request for each.

The files change together when it is merged. The check `pr-sessions` is the same before and after, written by the same
workflow, so that it stays required all the time.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from pr_sessions.core.policy import GateMode
from pr_sessions.forges.github.access import web_host
from pr_sessions.forges.github.client import GitHub
from pr_sessions.gate.fetch import fetch_ruleset
from pr_sessions.setup.gate_files import AROUND, PATHS, WORKFLOWS, asks_server, gate_files, is_ours, is_untouched
from pr_sessions.setup.gate_source import Source

BRANCH = "pr-sessions-server"
TITLE = "Ask the team's server whether checks wait"
NO_WORKFLOWS = "its workflows are not those of `init --github`"
MOVED = "it asks a server already"
ADVISORY = "gate: advisory: set gate: enforce first, if its checks are to wait"
_BODY = """\
The workflows of pr-sessions ask {server} once, and do what it does not answer themselves. The App comments from now on.

- `pr-sessions` stays the required check, with the source GitHub Actions.
- In the workflow with your checks, give the job `gate` the permission `id-token: write`. Without it nothing waits.
- Comments and the dashboard of the workflows are kept, and edited by the App.
"""


class MovePlan(Struct, frozen=True, kw_only=True):
    """What moves a repository.

    Attributes:
        files: by path, the new contents; `None` for one that is removed.
        reason: why nothing is to be done; empty where something is.
        notes: what somebody has to do, in words.
    """

    repository: str
    files: Mapping[str, bytes | None] = {}
    reason: str = ""
    notes: tuple[str, ...] = ()


async def plan_move(github: GitHub, version: str, source: Source, server: str) -> MovePlan:
    """Return what moves a repository, by the files of its default branch. Nothing is written.

    Raises:
        ForgeFailed: GitHub refuses or cannot be reached.
    """
    name = github.repository
    around = await github.file(f"{WORKFLOWS}/{AROUND}")
    if around is None or not is_ours(around):
        return MovePlan(repository=name, reason=NO_WORKFLOWS)
    if asks_server(around):
        return MovePlan(repository=name, reason=MOVED)
    rules, unknowns = await fetch_ruleset(github)
    if unknowns:
        return MovePlan(repository=name, reason="; ".join(unknowns))
    wanted = gate_files(version, source, rules.policy.gate, server=server)
    files: dict[str, bytes | None] = {}
    for path in dict.fromkeys((*PATHS, *wanted)):
        present, new = await github.file(path), wanted.get(path)
        if present is not None and path in PATHS and not is_untouched(present):
            return MovePlan(repository=name, reason=f"somebody changed {path}: run `init --github` in a clone")
        if present != new:
            files[path] = new
    notes = (ADVISORY,) if rules.policy.gate is GateMode.ADVISORY else ()
    return MovePlan(repository=name, files=files, notes=notes)


async def propose_move(github: GitHub, plan: MovePlan, server: str) -> str:
    """Open the pull request that moves a repository; return its address, also that of one that is open already.

    Raises:
        ForgeFailed: GitHub refuses or cannot be reached.
    """
    web = f"https://{web_host(github.transport.base)}"
    # The branch is in the repository, so that its name is not that of a fork.
    listed = (pr for pr in (await github.pull_requests()).pull_requests if not pr.is_fork)
    proposed = (pr.pull_request for pr in listed if (pr.pull_request.branch or "").startswith(BRANCH))
    if present := next(proposed, None):
        return f"{web}/{plan.repository}/pull/{present.number}"
    base = str((await github.getitem(github.path))["default_branch"])
    head = (await github.getitem(f"{github.path}/branches/{{branch}}", {"branch": base}))["commit"]["sha"]
    entries = [await _entry(github, path, data) for path, data in plan.files.items()]
    tree = await github.post(f"{github.path}/git/trees", data={"base_tree": head, "tree": entries})
    message = f"{TITLE}\n\nWhat it does not answer, the workflows do themselves."
    commit = await github.post(
        f"{github.path}/git/commits", data={"message": message, "tree": tree["sha"], "parents": [head]}
    )
    # An earlier attempt may have left a branch; each attempt has its own.
    branch = f"{BRANCH}-{commit['sha'][:12]}"
    await github.post(f"{github.path}/git/refs", data={"ref": f"refs/heads/{branch}", "sha": commit["sha"]})
    data = {"title": TITLE, "head": branch, "base": base, "body": _BODY.format(server=server)}
    return str((await github.post(f"{github.path}/pulls", data=data))["html_url"])


async def _entry(github: GitHub, path: str, data: bytes | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": path, "mode": "100644", "type": "blob"}
    if data is None:
        return entry | {"sha": None}
    content = {"content": b64encode(data).decode(), "encoding": "base64"}
    return entry | {"sha": (await github.post(f"{github.path}/git/blobs", data=content))["sha"]}
