"""Our comments on pull requests: the digest of a session, links to it, replies to commands."""
