"""What this clone knows, against the last that it saw of the branch of sessions. Asks no remote."""

from collections.abc import Iterator

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.sessions.policy import Share
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books, news
from pr_sessions.stores.book_union import unite
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.shared_branch import find_branch
from pr_sessions.tracker import zone_of


def unsynced(case: Case) -> Iterator[Finding]:
    """Sessions that nobody else has yet."""
    if case.policy.share is not Share.BRANCH or case.repository.document not in case.documents:
        return
    place = str(case.repository.document)
    try:
        branch = find_branch(case.repository.root, case.policy.sync_branch)
        commit = branch.known()
        shared = parse(branch.document(commit), branch.name) if commit else Document()
        ahead = _ahead(shared, case)
    except (NotFound, InvalidValue, UnreadableFile) as error:
        yield Finding(Severity.NOTE, f"not compared with its branch: {error}", place, error.hint)
        return
    if ahead:
        problem = f"{ahead} session{'s have' if ahead > 1 else ' has'} news that {branch.name} had not when last seen"
        yield Finding(Severity.NOTE, problem, place, "pr-sessions sync")


def _ahead(shared: Document, case: Case) -> int:
    """How many sessions the branch would learn something of; what the working tree alone knows is not counted."""
    zone, state = zone_of(case.policy), case.repository.state
    theirs = Book(shared, zone)
    own = [Book(document, zone) for path, document in case.documents.items() if state in path.parents]
    return len(news(join_books(theirs, unite(own)), theirs))


SHARING_CHECKS = (unsynced,)
