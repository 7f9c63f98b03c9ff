"""The one error that collectors raise on purpose. Python 3.6 grammar."""


class Unavailable(Exception):
    """Nobody can look; the text says why, and how to mend it."""
