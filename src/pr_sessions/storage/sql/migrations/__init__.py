"""Changes of the tables, one module in `versions/` for each; `storage.sql.migrate` runs them."""
