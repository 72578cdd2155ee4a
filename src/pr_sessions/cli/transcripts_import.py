"""`import --transcripts`: what agents' own logs on this machine say about the clone's pull requests."""

from collections.abc import Iterator, Mapping

from pr_sessions.errors import NotFound
from pr_sessions.importers.logs import LogsImported, import_logs, log_folders
from pr_sessions.io.files import is_folder
from pr_sessions.io.places import followed
from pr_sessions.render import terminal
from pr_sessions.render.json import logs_imported_json
from pr_sessions.tracker import Tracker


def run(tracker: Tracker, folder: str, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Record what logs say of known pull requests, and print what came of it.

    Args:
        tracker: of the clone.
        folder: of the logs; "" for those where the agents keep them.
        environ: may say where that is.
        as_json: for programs.

    Raises:
        NotFound: there is no such folder.
    """
    if folder and not is_folder(followed(folder)):
        raise NotFound(f"no folder {folder}", "give a folder with logs, or none for those of the agents here")
    imported = import_logs(tracker, (followed(folder),) if folder else log_folders(environ))
    terminal.show(logs_imported_json(imported), _text(imported), as_json=as_json)


def _text(imported: LogsImported) -> Iterator[str]:
    links = imported.opened + imported.assisted
    yield f"Read {terminal.plural(links, 'link')} to pull requests"
    yield from terminal.table(
        [
            ("opened", f"{imported.opened} in {terminal.plural(len(imported.sessions), 'session')}"),
            ("assisted", f"{imported.assisted}"),
            ("not known here", f"{imported.unknown}"),
            ("other repositories", f"{imported.elsewhere}"),
        ]
    )
    if imported.unknown:
        yield "Not known here: not imported (pr-sessions import --git, --github, --gitlab), or not tracked."
    if not links:
        yield "No link to a pull request that is known here was found."
    elif not imported.changed:
        yield "Nothing changed: all of this was known."
