"""The database's schema, step by step (Alembic). A step is never changed once it was released."""
