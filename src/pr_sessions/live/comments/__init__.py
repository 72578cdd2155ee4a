"""What is said below pull requests: the digest of a session, links to it, answers to commands."""
