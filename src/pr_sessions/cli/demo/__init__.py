"""What `pr-sessions demo` plays, and where."""
