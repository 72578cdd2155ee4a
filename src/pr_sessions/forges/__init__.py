"""Forges, where pull requests live: asked and told through the user's own `gh` and `glab`."""
