"""What `look` says: of a history, and of what is open on a forge."""
