"""The dashboard: one issue that shows the inbox of its repository, with boxes that start checks."""
