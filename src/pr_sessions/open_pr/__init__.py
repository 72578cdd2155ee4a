"""What `open` works out before a pull request is opened, and what it says afterwards."""
