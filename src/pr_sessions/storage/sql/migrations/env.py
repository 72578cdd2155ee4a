"""What alembic runs for each upgrade: the migrations, on the connection and in the transaction of the caller."""

from alembic import context

from pr_sessions.storage.sql.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
