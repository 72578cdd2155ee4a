"""Open pull requests: their sessions, whether their checks may wait, and what we write about them."""
