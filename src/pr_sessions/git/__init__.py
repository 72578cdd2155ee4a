"""What git says about the repository as a whole."""
