"""Run by Alembic for each command; the connection is handed in by `store.schema_version`."""

from __future__ import annotations

from alembic import context

from shindan.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
