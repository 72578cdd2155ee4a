"""A command starts the tracker so that it asks the forge, and does not wait for it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def start_if_due(root: str, now: int, environ: "Mapping[str, str]") -> None:
    """Start the tracker of a working tree if the forge is to be asked again.

    Raises:
        OSError: as the system says.
    """
    from pr_sessions.hooks.deliver import NO_TRACKER, asks_now
    from pr_sessions.io import gitdir
    from pr_sessions.io.folder import Folder

    clone = gitdir.find([root])
    if clone is None or clone.paused or environ.get(NO_TRACKER) == "1":
        return
    with Folder(clone.state / "pending", create=True) as pending:
        due = asks_now(pending, now, clone.state.bits)
    if due:
        from pr_sessions.hooks.detach import start_tracker

        start_tracker(clone, environ)
