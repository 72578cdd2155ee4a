"""Names of repositories to choose from."""

from pr_sessions.server.pages.pages import Pages

_MOST = 500


def repository_names(pages: Pages, allowed: frozenset[str] | None) -> list[str]:
    """Return the names of repositories to choose from; none for a clone, or where there are too many to list."""
    if not pages.backend.is_team:
        return []
    every = (line.name for line in pages.backend.repositories())
    names = [name for name in every if allowed is None or name.lower() in allowed]
    return names if len(names) <= _MOST else []
