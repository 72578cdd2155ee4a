"""What `look` and `import` say of the history that they read."""

from collections.abc import Iterator, Mapping

from pr_sessions.core.history import History, NoPullRequest
from pr_sessions.core.visible_text import one_line
from pr_sessions.render.terminal import age, clock, plural

_REASONS: Mapping[NoPullRequest, str] = {
    "issue": "of issues",
    "not_rising": "too high for their time",
    "other_repository": "of other repositories",
}
_NO_FILES = "Files are unknown, since the clone has no trees: `git fetch --refetch --filter=blob:none` brings them."


def history_lines(history: History) -> Iterator[str]:
    """Yield what was read, how old it is, and what is missing."""
    if history.read_at and history.tip_at:
        where = f"{history.ref} at {history.tip[:10]}, {age(history.tip_at, history.read_at)} old"
        yield one_line(f"Read: {plural(history.commits, 'commit')} of {where} ({clock(history.tip_at)}).", 200)
    yield from left_out_lines(history)
    if not history.has_files:
        yield _NO_FILES


def left_out_lines(history: History) -> Iterator[str]:
    """Yield how many numbers and merges gave no pull request."""
    counts = [f"{history.others[why]} {words}" for why, words in _REASONS.items() if history.others.get(why)]
    if counts:
        yield f"Numbers that are no pull requests: {', '.join(counts)}."
    if history.unnamed_merges:
        yield f"Merges that name no pull request: {history.unnamed_merges}."
