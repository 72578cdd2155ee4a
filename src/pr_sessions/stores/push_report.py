"""What `git push --porcelain` says: taken, outrun by somebody else, or refused, and what to do then."""

from msgspec import Struct

from pr_sessions.sessions.ids import clean

# Somebody else was first: the forge's words for it, in several versions of git.
_OUTRUN = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
    "incorrect old value",
    "reference already exists",
)
# Looked for in this order: a forge says "protected" of every rule, and names the signature in the next line.
_CAUSES = (
    ("signing", ("signature", "signed", "gpg")),
    ("protection", ("protected", "rule", "hook declined", "gh006", "gh013")),
    ("permission", ("permission", "denied", "403", "not allowed", "authentication", "could not read username")),
)
_WAYS_OUT = {
    "signing": "sign them: git config commit.gpgSign true, then pr-sessions sync; or exempt {branch} from that rule",
    "protection": "exempt {branch} from that rule, or name another branch as sync_branch in the configuration",
    "permission": "you need the right to push to {remote}; a workflow needs `permissions: contents: write`",
    "": "see whether git itself gets through: git push {remote}",
}
_LINES = 3


class Report(Struct, frozen=True):
    """What came of a push.

    Attributes:
        outrun: the branch moved on since it was fetched; fetching, joining and pushing again helps.
        reason: why it was not taken, in the words of git and of the remote; empty where it was.
        way_out: what to do about it.
    """

    outrun: bool = False
    reason: str = ""
    way_out: str = ""


def read_report(status: int, out: bytes, err: bytes, remote: str, branch: str) -> Report:
    """The report of one push of one branch.

    Args:
        status: git's exit status.
        out: its standard output: a line `!<tab>from:to<tab>summary (reason)` for a branch that was not taken.
        err: its talk, with the remote's own lines behind `remote: `.
        remote: its name, for the way out.
        branch: its name, for the way out.
    """
    if status == 0:
        return Report()
    refusal = _refusal(out.decode(errors="replace"))
    said = _said(err.decode(errors="replace"))
    if any(word in refusal for word in _OUTRUN):
        return Report(outrun=True, reason=refusal)
    reason = clean("; ".join(filter(None, (refusal, *said))), 500) or f"status {status}"
    return Report(reason=reason, way_out=_WAYS_OUT[_cause(reason.lower())].format(remote=remote, branch=branch))


def _refusal(out: str) -> str:
    lines = (line.split("\t") for line in out.splitlines() if line.startswith("!\t"))
    return clean(next((parts[2] for parts in lines if len(parts) > 2), ""), 200)


def _said(err: str) -> list[str]:
    """The lines that say why: the remote's, else the first one of git."""
    told = [line.partition("remote:")[2].strip() for line in err.splitlines() if line.startswith("remote:")]
    told = [line for line in told if any(c.isalnum() for c in line)]
    fatal = [line for line in err.splitlines() if line.startswith(("fatal:", "error:", "ERROR:"))]
    return told[:_LINES] or fatal[:1] or err.strip().splitlines()[:1]


def _cause(reason: str) -> str:
    return next((cause for cause, words in _CAUSES if any(word in reason for word in words)), "")
