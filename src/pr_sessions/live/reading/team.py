"""What a team keeps in its repository: the configuration and the synced session file, read by the API."""

from pr_sessions.errors import PrSessionsError, UnreadableFile
from pr_sessions.forges.github.client import GitHub
from pr_sessions.sessions.policy import Policy, Share
from pr_sessions.stores import document
from pr_sessions.stores.configuration import parse, valid_policy
from pr_sessions.stores.document import Document
from pr_sessions.stores.files import MIB
from pr_sessions.stores.repository import CONFIG, SESSION_FILE
from pr_sessions.stores.signatures import with_signatures

_MOST_MISTAKES = 5
UNREAD = "no configuration, all is as by default"


async def team_policy(github: GitHub) -> tuple[Policy, tuple[str, ...]]:
    """The policy of the repository's default branch with its signatures, and what is doubtful about it.

    A configuration that is missing is all defaults; one that cannot be used is all defaults and a doubt.
    """
    try:
        data = await github.text_file(CONFIG)
        return with_signatures(_policy(data) if data is not None else Policy(), None), ()
    except PrSessionsError as error:
        mistakes = str(error).splitlines()[:_MOST_MISTAKES]
        return with_signatures(Policy(), None), tuple(f"{UNREAD}: {mistake}" for mistake in mistakes)


async def team_document(github: GitHub, policy: Policy) -> Document | None:
    """The synced session file: on the branch by which it travels, else on the default one; `None` where there is none.

    Raises:
        UnreadableFile: it is no session file.
        ForgeFailed: GitHub refuses, or cannot be reached.
    """
    if policy.share is Share.LOCAL:
        return None
    data = await github.text_file(SESSION_FILE, policy.sync_branch) if policy.share is Share.BRANCH else None
    if data is None:
        data = await github.text_file(SESSION_FILE)
    return None if data is None else document.parse(data, SESSION_FILE)


def _policy(data: bytes) -> Policy:
    if len(data) > MIB:
        raise UnreadableFile(f"{CONFIG} has more than a megabyte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{CONFIG} is not UTF-8 text") from None
    return valid_policy(parse(text, CONFIG))
