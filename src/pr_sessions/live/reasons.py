"""Why checks run at once, in words: the same in a terminal, in a summary and in the documentation. Pure."""

from collections.abc import Callable, Mapping

from pr_sessions.sessions.gate import Reason, Why

WORDS: Mapping[Why, str] = {
    Why.EVENT: "the event postpones nothing",
    Why.DOUBT: "not everything is known for sure",
    Why.FORK: "its branch lies in a fork, or nobody can tell where it lies",
    Why.NOT_BELIEVED: "its author may not write to the repository",
    Why.EXCLUDED: "the label no-session takes it out of sessions",
    Why.NOT_AUTOMATIC: "nothing says that it is automatic",
    Why.NO_SESSION: "it is automatic, and no session fits, or several equally well",
    Why.NOT_OPEN: "it is not open",
    Why.ALWAYS: "it changes what gate.always names",
    Why.COMPLETED: "its session does not go on",
    Why.APPROVED: "somebody who may write has approved its last commit",
    Why.READY: "it is ready for review, as the event says",
    Why.AUTO_MERGE: "it merges by itself as soon as it may",
    Why.UNFINISHED: "the gate is not set up in full",
}


def words(reason: Reason, shown: Callable[[str], str]) -> str:
    """One clause.

    Args:
        reason: its detail may hold words from outside.
        shown: what makes such words harmless where they are to stand.
    """
    return f"{WORDS[reason.why]}: {shown(reason.detail)}" if reason.detail else WORDS[reason.why]
