"""One tree of errors: every room raises its own; the docstring is the default message."""

from __future__ import annotations


class ShindanError(Exception):
    """Something went wrong."""

    remedy: str = ""

    def __init__(self, message: str = "", *, remedy: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        if remedy:
            self.remedy = remedy


class Misfit(ValueError):
    """A value that cannot be; `at` names the member of what was written that holds it."""

    def __init__(self, message: str, at: str) -> None:
        super().__init__(message)
        self.at = at


class FeedError(ShindanError):
    """A feed could not be fetched or parsed; the generation in force stays."""


class Unreachable(FeedError):
    """The feed's address could not be reached."""


class StoreError(ShindanError):
    """The advisory database could not be read or written."""


class StoreUnavailable(StoreError):
    """The service's database cannot be reached or written just now."""


class HostUnreadable(ShindanError):
    """Neither the platform nor a package list could be read from this host."""


class InventoryUnreadable(HostUnreadable):
    """The file is no inventory that can be read."""


class IgnoreFileError(ShindanError):
    """The ignore file cannot be read."""


class BundleError(ShindanError):
    """The bundle cannot be written or taken in; nothing was changed."""
