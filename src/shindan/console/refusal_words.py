"""Refusals in the visitor's language: by their codes, since their messages are English, for programs' logs too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shindan.console.errors import BadForm, NotFromHere, NoUserHere, ProviderAway, ProviderRefused, Unexpected
from shindan.console.marking import N_
from shindan.model.errors import ShindanError, StoreUnavailable
from shindan.model.refusals import (
    AccessDenied,
    AgentsAlreadyRunning,
    CodedRefusal,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    PreviewInProgress,
    RunInProgress,
)

BY_CODE: Mapping[str, str] = {
    "ACCESS_DENIED": N_("Your policies do not allow this."),
    "INVALID_USER_NAME": N_("The name of a user has 1 to 64 letters, digits and +=,.@_-"),
    "USER_NAME_ALREADY_TAKEN": N_("There is a user of this name already."),
    "USER_DOES_NOT_EXIST": N_("There is no such user."),
    "LAST_ADMINISTRATOR": N_("This is the last administrator of the account: make another one first."),
    "INVALID_PASSWORD": N_("A password has 12 to 1,024 characters."),
    "WRONG_PASSWORD": N_("The present password is wrong."),
    "WRONG_CODE": N_("The code is wrong, or it was used already."),
    "SECOND_FACTOR_EXISTS": N_("You have a second factor already: remove it first."),
    "NO_SECOND_FACTOR": N_("There is no second factor."),
    "PASSWORDS_DIFFER": N_("The new password was typed in two ways."),
    "POLICY_NAME_ALREADY_TAKEN": N_("There is a policy of this name already."),
    "INVALID_SUBJECT": N_("A subject has 1 to 255 characters."),
    "IDENTITY_TAKEN": N_("This subject is a user already."),
    "SESSION_DOES_NOT_EXIST": N_("There is no such session, or it has ended."),
    "POLICY_DOES_NOT_EXIST": N_("There is no such policy."),
    "INVALID_POLICY_NAME": N_(
        "The name of a policy has 1 to 128 letters, digits and +=,.@_-, and is not one of the service's own."
    ),
    "POLICY_IN_USE": N_("A user has this policy: take it away from them first."),
    "MALFORMED_POLICY_DOCUMENT": N_("The policy document cannot be used."),
    "ACCESS_KEY_DOES_NOT_EXIST": N_("There is no such access key."),
    "ACCESS_KEY_LIMIT_EXCEEDED": N_("A user has at most two access keys in force: switch one off first."),
    "INVALID_SCHEDULE": N_("The schedule cannot be as it is written."),
    "SCHEDULE_NAME_ALREADY_TAKEN": N_("There is a schedule of this name already."),
    "SCHEDULE_DOES_NOT_EXIST": N_("There is no such schedule."),
    "INVALID_CHANNEL": N_("The channel cannot be as it is written."),
    "CHANNEL_NAME_ALREADY_TAKEN": N_("There is a channel of this name already."),
    "CHANNEL_DOES_NOT_EXIST": N_("There is no such channel."),
    "INVALID_PAGINATION_TOKEN": N_("This page of the list is no longer there: begin with the first one."),
}
"""Sentences by `errorCode`."""

TELLING = frozenset({"ACCESS_DENIED", "MALFORMED_POLICY_DOCUMENT", "POLICY_IN_USE"})
"""Codes whose messages say more than their sentences: which action, what is wrong, who has it."""

BY_KIND: Mapping[type[ShindanError], str] = {
    AccessDenied: N_("Your policies do not allow this."),
    LimitExceeded: N_("A quota of the account would be exceeded."),
    RunInProgress: N_("An assessment run has not ended yet: wait for it, or stop it."),
    AgentsAlreadyRunning: N_("Hosts of the target take part in another run."),
    PreviewInProgress: N_("A preview of this template is being made."),
    StoreUnavailable: N_("The database cannot be reached just now: try again in a moment."),
    Unexpected: N_("Something went wrong here that should not have. The server's log has the details."),
    NotFromHere: N_(
        "The form came from another place, or is older than your session: load the page again and send it once more."
    ),
    BadForm: N_("The form cannot be read: go back, load the page again and send it once more."),
    ProviderRefused: N_("The provider's answer cannot be taken as proof of who you are: try again."),
    ProviderAway: N_("The provider cannot be reached: try again later, or sign in with a password."),
    NoUserHere: N_("The provider knows you, but you have no user here: ask an administrator for one."),
}
"""Sentences for kinds of errors whose code has none."""


GENERAL: Mapping[type[ShindanError], str] = {
    InvalidInput: N_("What was typed in cannot be used."),
    NoSuchEntity: N_("What was asked for is not here, or no longer."),
    ShindanError: N_("This cannot be done as it was asked for."),
}
"""What other languages say above a message that is in English alone; English has the message itself."""

OWN = (Unexpected, NotFromHere, BadForm)
"""Errors of the console itself, whose sentences say everything."""

FORMS = frozenset({"INVALID_SCHEDULE", "INVALID_CHANNEL"})
"""Codes of forms whose fields show the message; what is about no single field is told above them."""


def said_of(error: ShindanError, translate: Callable[[str], str]) -> tuple[str, str]:
    """(what is said, what was said in English beside it; "" where nothing more)."""
    code = error.code if isinstance(error, CodedRefusal) else ""
    detail = ". ".join(part for part in (str(error), error.remedy) if part)
    if code in BY_CODE:
        telling = code in TELLING or (code in FORMS and not getattr(error, "at", ""))
        return translate(BY_CODE[code]), detail if telling else ""
    found = next((text for kind, text in BY_KIND.items() if isinstance(error, kind)), "")
    if found:
        return translate(found), "" if isinstance(error, OWN) else detail
    general = next(text for kind, text in GENERAL.items() if isinstance(error, kind))
    said = translate(general)
    return (detail, "") if said == general else (said, detail)
