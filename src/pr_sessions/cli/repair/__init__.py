"""Mending the session files: planned as steps, then shown or carried out. Nothing is ever deleted."""
