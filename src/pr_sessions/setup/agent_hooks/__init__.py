"""Our hooks in the hosts' own files: where they belong, and how they come and go without touching anything else."""
