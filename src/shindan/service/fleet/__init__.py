"""Configuration as one document: read from and written to a file, compared with what there is, and applied."""
