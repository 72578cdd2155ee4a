"""The pages, the API and the GitHub App. Needs the extra `server`."""
