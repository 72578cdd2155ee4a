"""The server of a team: what pages and API read of its database, and what runs beside them."""
