"""Makes an installation: folder, settings, database, keys, certificate, and the first account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shindan.app.house import make_jobs, wired
from shindan.app.late_jobs import LateJobs
from shindan.model.errors import StoreError
from shindan.service import certificates, first_start
from shindan.service.certificates import Certificate
from shindan.service.first_start import First
from shindan.settings import FILE, Settings, load
from shindan.store import schema_version
from shindan.store.database import open_database


@dataclass(frozen=True, slots=True)
class Installed:
    """What was made. `certificate` is None where the server will speak plain HTTP on loopback."""

    settings: Settings
    first: First
    certificate: Certificate | None

    @property
    def authority(self) -> Path | None:
        """The file of the certificate authority that clients must trust; None where there is none of ours."""
        path = self.settings.data / certificates.FOLDER / "ca.pem"
        return path if path.exists() else None


def set_up(
    data: Path | None,
    *,
    account: str | None = None,
    region: str | None = None,
    hostnames: Sequence[str] = (),
    certificate: Path | None = None,
    key: Path | None = None,
) -> Installed:
    """Sets the service up in a folder. What is there already stays as it is.

    Raises AlreadySetUp where an account is there, StoreError, SettingsError, CertificateError and InvalidInput.
    """
    settings = load(data, region=region)
    _make_folder(settings.data)
    database = open_database(settings.database_url or None, settings.data)
    try:
        schema_version.migrate(database)
        if database.is_sqlite:
            # What stands beside it (-wal, -shm) takes its rights after it.
            Path(database.engine.url.database or "").chmod(0o600)
        jobs = make_jobs(settings, database)
        jobs.migrate()
        jobs.close()
        service = wired(settings, database, LateJobs(lambda: make_jobs(settings, database)))
        first_start.refuse_second(service)
        # The key's secret is shown once: nothing that can fail comes after it.
        own = _certificate(settings, hostnames, certificate, key)
        _keep(settings)
        return Installed(settings, first_start.begin(service, number=account), own)
    finally:
        database.close()


def _certificate(
    settings: Settings, hostnames: Sequence[str], certificate: Path | None, key: Path | None
) -> Certificate | None:
    if certificate is not None and key is not None:
        return certificates.take(settings.data, certificate, key)
    return certificates.make(settings.data, hostnames) if hostnames else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        remedy = "name another with --data DIR or SHINDAN_DATA"
        raise StoreError(f"cannot use {folder}: {error.strerror or error}", remedy=remedy) from error


def _keep(settings: Settings) -> None:
    """Names that are handed out hold the region: later commands must know it without being told."""
    path = settings.data / FILE
    if not path.exists():
        path.write_text(f'# All settings: docs/serve.md\nregion = "{settings.region}"\n', encoding="utf-8")
