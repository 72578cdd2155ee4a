"""Why checks run at once, in words: the same in a terminal, in a summary and in the documentation. Pure."""

from collections.abc import Callable, Mapping, Sequence

from pr_sessions.sessions.gate import Reason, Why

WORDS: Mapping[Why, str] = {
    Why.EVENT: "the event postpones nothing",
    Why.DOUBT: "not everything is known for sure",
    Why.FORK: "its branch lies in a fork, or nobody can tell where it lies",
    Why.NOT_BELIEVED: "its author is not known to have write access",
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


def clauses(reasons: Sequence[Reason], shown: Callable[[str], str]) -> list[str]:
    """A clause for each reason, in their order; of what is in doubt the first stands for all, or it would fill a page.

    Args:
        reasons: why the checks run at once.
        shown: as for `words`.
    """
    first = next((reason for reason in reasons if reason.why is Why.DOUBT), None)
    more = sum(reason.why is Why.DOUBT for reason in reasons) - 1
    told = [(reason, words(reason, shown)) for reason in reasons if reason.why is not Why.DOUBT or reason is first]
    return [f"{said} (and {more} more)" if reason is first and more else said for reason, said in told]


def words(reason: Reason, shown: Callable[[str], str]) -> str:
    """One clause.

    Args:
        reason: its detail may hold words from outside.
        shown: what makes such words harmless where they are to stand.
    """
    return f"{WORDS[reason.why]}: {shown(reason.detail)}" if reason.detail else WORDS[reason.why]
