"""The gate's entrances: what is asked on a runner, and what is written there."""
