"""`pr-sessions merge-driver`: git calls it for two versions of the session file. `init` registers it."""

from pathlib import Path

import click

from pr_sessions.cli import options

# Not 1, which an interpreter without our package returns, too: git must see a conflict then, and not a text merge.
REFUSED = 65


@click.command("merge-driver", hidden=True)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("name")
def command(base: Path, ours: Path, theirs: Path, name: str) -> int:
    r"""Join two versions of the session file for git.

    BASE, OURS and THEIRS are files; the result is written to OURS. NAME is what messages call them. Exit code 65 and
    OURS as it was, where a version cannot be read.

    \b
    Examples:
      pr-sessions merge-driver %O %A %B %P
    """
    from pr_sessions.cli.main import say_error
    from pr_sessions.errors import PrSessionsError
    from pr_sessions.stores.files import read_bytes, replace_file
    from pr_sessions.stores.merging import merge_versions

    try:
        tracker = options.tracker()
        old, one, other = (read_bytes(path) or b"" for path in (base, ours, theirs))
        replace_file(ours, merge_versions(old, one, other, name, tracker.zone))
    except PrSessionsError as error:
        say_error(error)
        return REFUSED
    return 0
