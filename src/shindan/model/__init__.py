"""What the service talks about: frozen records and pure functions, no I/O."""
