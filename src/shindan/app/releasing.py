"""The agent's release, made to fit how this installation is reached."""

from __future__ import annotations

from pathlib import Path

from shindan.app import logs
from shindan.app.house import public_url
from shindan.model.errors import ShindanError
from shindan.service import agent_install, agent_release, certificates
from shindan.service.agent_release import Reach, Release
from shindan.settings import Settings, load


def reach_of(settings: Settings) -> Reach:
    """The address that hosts know the server by, and the authority that they must be told to trust."""
    own = authority_of(settings)
    return Reach(public_url(settings), own.read_text("ascii") if own else "")


def authority_of(settings: Settings) -> Path | None:
    """The certificate of the installation's own authority; None where the server's is somebody else's."""
    path = settings.data / certificates.FOLDER / "ca.pem"
    return path if settings.tls is not None and not settings.certificate and path.exists() else None


def ready(settings: Settings) -> None:
    """Has a release at hand before hosts ask. What is amiss is logged: the service goes on without."""
    try:
        amiss = agent_release.ensure(settings.data, reach_of(settings))
    except (ShindanError, OSError) as error:
        amiss = str(error)
    if amiss:
        logs.log().warning("release.amiss", reason=amiss)


def make(data: Path | None, key: Path | None) -> Release:
    """A new release in a data folder, signed with the key there, or with another. Raises ReleaseError."""
    settings = load(data)
    return agent_release.make(settings.data, reach_of(settings), key)


def install_lines(data: Path | None, token: str) -> list[str]:
    """What to type on a host to install an agent that enrols with a token."""
    settings = load(data)
    certificate = settings.tls[0] if settings.tls else None
    return agent_install.lines(reached_at(data), authority_of(settings), certificate, token)


def reached_at(data: Path | None) -> str:
    """The address that hosts know the service by."""
    settings = load(data)
    # A server may listen elsewhere than the settings say: what it last told hosts goes first.
    return agent_release.endpoint(settings.data) or public_url(settings)
