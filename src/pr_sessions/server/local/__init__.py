"""The files of one clone as a backend, for the person who works there."""
