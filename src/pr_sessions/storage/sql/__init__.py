"""Sessions of many repositories in one database, SQLite or PostgreSQL. Needs the extra `server`."""
