"""GitLab: merge requests through its REST interface, read-only."""
