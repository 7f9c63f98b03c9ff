"""One machine as its cloud describes it."""

from __future__ import annotations

from dataclasses import dataclass

from shindan.model.errors import ShindanError


class CloudError(ShindanError):
    """The cloud could not be asked, or did not answer; nothing was changed."""


class RoleNotLent(CloudError):
    """STS lends the role to nobody like us: there is no such role, or its trust policy names others."""


class RoleTooWeak(CloudError):
    """The role was lent, and may not read instances."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance. `gone`: it was terminated; `idle`: it is stopped or stopping.

    `network` are its interfaces as the assessment API shows them (shape NetworkInterface); what is unknown is left out.
    """

    id: str
    image: str = ""
    scaling_group: str = ""
    private_name: str = ""
    addresses: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    network: tuple[dict[str, object], ...] = ()
    gone: bool = False
    idle: bool = False
