"""What git calls for two versions of the session file."""

from pathlib import Path

from pr_sessions.git.discovery import place_of
from pr_sessions.io.files import read_bytes, replace_file
from pr_sessions.storage.files.git_merge import merge_versions
from pr_sessions.storage.files.raw_ids import ids_in
from pr_sessions.tracker import Tracker


def merge_files(tracker: Tracker, base: Path, ours: Path, theirs: Path, name: str) -> None:
    """Merge two versions of the session file, and write the result to `ours`.

    Args:
        tracker: of the clone.
        base: their common ancestor; may be empty.
        ours: one version.
        theirs: the other.
        name: what messages call the file.

    Raises:
        UnreadableFile: one of the two is no session file, or holds a session that cannot be read.
        CannotWrite: `ours` cannot be written.
    """
    # Git puts all three into the working tree.
    places = [place_of(path, tracker.repository) for path in (base, ours, theirs)]
    base_data, our_data, their_data = (read_bytes(place) or b"" for place in places)
    merged = merge_versions(base_data, our_data, their_data, name, tracker.zone, tracker.policy)
    tracker.workspace.keep_run_ids(ids_in(our_data) | ids_in(their_data))
    replace_file(places[1], merged)
