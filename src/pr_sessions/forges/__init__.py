"""Forges, where pull requests live."""
