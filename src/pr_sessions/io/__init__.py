"""Files, locks and programs, by the standard library alone: the hooks of coding agents share this code."""
