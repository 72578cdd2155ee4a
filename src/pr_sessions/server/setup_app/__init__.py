"""How an administrator makes the GitHub App of a server: by one link that `serve` prints."""
