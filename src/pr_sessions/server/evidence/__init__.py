"""What an auditor asks of merged pull requests of agents: who asked, who approved, who merged, what was checked."""
