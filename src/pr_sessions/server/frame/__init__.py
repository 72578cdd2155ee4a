"""What every request goes through before a part of the server answers it."""
