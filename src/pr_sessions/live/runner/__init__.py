"""What a workflow's runner tells, and what is left for it."""
