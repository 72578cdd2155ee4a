"""GitHub: pull requests, comments and checks through its REST interface. Needs the extra `github`."""
