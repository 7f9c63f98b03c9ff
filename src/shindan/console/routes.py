"""Every page of the console, in one list."""

from __future__ import annotations

from shindan.console import home, signing_in
from shindan.console.page import Page

PAGES: tuple[Page, ...] = (
    Page("/console/login", signing_in.form, signing_in.enter, open=True),
    Page("/console/login/code", signing_in.code_form, signing_in.enter_code, open=True),
    Page("/console/logout", post=signing_in.leave, open=True),
    Page("/console/look", post=signing_in.look, open=True),
    Page("/console/", home.show),
)
"""In the order of the navigation; an address with a part in braces stands behind those it would match, too."""
