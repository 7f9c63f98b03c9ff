"""The error of a file that is not what it should be: cut, overwritten, or made to mislead. Python 3.6 grammar."""

from shindan.collect.unavailable import Unavailable


class Damaged(Unavailable):
    """A file, or one record in it, breaks its own format; the text says which rule and where."""
