"""How accurate the rules are: measured on a folder of real pull requests whose truth is known."""
