"""Which agent this is. Python 3.6 grammar."""

VERSION = "0.1.0"
PROTOCOL = 1
