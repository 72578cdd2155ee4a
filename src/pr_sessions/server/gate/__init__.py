"""The gate as a GitHub App: what it decides and writes, and what still has to be done."""
