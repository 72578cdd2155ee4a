"""What `look` shows: the pull requests of a history, and what is open on a forge."""
