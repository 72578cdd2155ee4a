"""Names of repositories to choose from."""

from pr_sessions.server.backend import RepositoryFilter
from pr_sessions.server.pages.pages import Pages

_MOST = 200


def repository_names(pages: Pages, allowed: frozenset[str] | None) -> list[str]:
    """Return the names of repositories to choose from; none for a clone, or where there are too many to list."""
    if not pages.backend.is_team:
        return []
    wanted = RepositoryFilter(repositories=allowed)
    if pages.backend.count_repositories(wanted) > _MOST:
        return []
    return [line.name for line in pages.backend.repositories(wanted, limit=_MOST).items]
