"""Measures of how simple the code and the docs are. Each docstring says how its measure is counted."""
