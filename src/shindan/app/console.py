"""The console, which is loaded when somebody first comes: a server that only speaks to programs goes without it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from shindan.app import logs
from shindan.service.service import Service
from shindan.service.sessions import Terms
from shindan.settings import Settings, SettingsError


class LateConsole:
    """Stands below /console in the place of the pages until the first visitor comes."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        self._made: Any = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0; pages are known by their whole addresses."""
        made = self._made or await run_in_threadpool(self._make)
        await made({**scope, "root_path": scope.get("app_root_path", "")}, receive, send)

    def _make(self) -> Any:
        with self._lock:
            if self._made is None:
                from shindan.console.door import Console

                self._made = Console(self._service, options(self._settings))
            return self._made


def options(settings: Settings) -> Any:
    """What the console is told of the settings. Raises SettingsError for a secret's file that cannot be read."""
    from shindan.app.releasing import install_lines
    from shindan.console.options import Options

    terms = Terms(settings.session_idle, settings.session_life)
    lines = partial(install_lines, settings.data)
    return Options(
        terms, settings.totp_required, _single_sign_on(settings), logs.write, lines, partial(_ending, settings)
    )


def _ending(settings: Settings) -> Any:
    from shindan.service.certificates import WARN_DAYS, CertificateError, read

    try:
        found = read(settings.tls[0]) if settings.tls else None
    except CertificateError:
        return None  # the log says it, and the doctor
    return found if found is not None and found.days_left < WARN_DAYS else None


def _single_sign_on(settings: Settings) -> Any:
    from shindan.console.options import SingleSignOn

    if not settings.oidc_issuer:
        return None
    return SingleSignOn(
        settings.oidc_issuer,
        settings.oidc_client_id,
        _secret(settings.oidc_client_secret),
        settings.oidc_scopes,
        settings.oidc_name_claim,
        settings.oidc_groups_claim,
        settings.groups_of_oidc,
        settings.oidc_creates_users,
        settings.oidc_account,
        settings.oidc_label,
        settings.oidc_ca,
    )


def _secret(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the setting oidc_client_secret: cannot read {text[1:]}: {error}") from None
