"""What the team server promises, measured beside a floor in the same run."""
