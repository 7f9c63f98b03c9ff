"""What is remembered: SQL and files, and nothing that decides."""
