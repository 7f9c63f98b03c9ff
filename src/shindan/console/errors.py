"""What goes wrong at the console's own door."""

from __future__ import annotations

from shindan.model.errors import ShindanError


class Unexpected(ShindanError):
    """Something went wrong here that should not have."""

    remedy = "the server's log has the details, under the number of this request"


class NotFromHere(ShindanError):
    """The form came from another place, or is older than your session."""

    remedy = "load the page again and send it once more"


class BadForm(ShindanError):
    """The form cannot be read."""

    remedy = "go back, load the page again and send it once more"


class ProviderRefused(ShindanError):
    """The provider's answer cannot be taken as proof of who somebody is."""

    remedy = "try again; the server's log says what was wrong"


class ProviderAway(ShindanError):
    """The provider cannot be reached, or does not speak OpenID Connect."""

    remedy = "sign in with a password, or try again later; the server's log says what was wrong"


class NoUserHere(ShindanError):
    """The provider knows you, but you have no user here."""

    remedy = "ask an administrator for a user of your name"
