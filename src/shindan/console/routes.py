"""Every page of the console, in one list."""

from __future__ import annotations

from shindan.console import audit, home, own_account, policy_pages, signing_in, users
from shindan.console.page import ADMINISTRATOR, Page

PAGES: tuple[Page, ...] = (
    Page("/console/login", signing_in.form, signing_in.enter, open=True),
    Page("/console/login/code", signing_in.code_form, signing_in.enter_code, open=True),
    Page("/console/logout", post=signing_in.leave, open=True),
    Page("/console/look", post=signing_in.look, open=True),
    Page("/console/account", own_account.show, own_account.change),
    Page("/console/account/second-factor", own_account.factor, own_account.change_factor),
    Page("/console/", home.show),
    Page("/console/users", users.list_, needs=ADMINISTRATOR),
    Page("/console/users/new", users.form, users.create, needs=ADMINISTRATOR),
    Page("/console/users/{name}", users.show, users.change, needs=ADMINISTRATOR),
    Page("/console/policies", policy_pages.list_, needs=ADMINISTRATOR),
    Page("/console/policies/new", policy_pages.form, policy_pages.create, needs=ADMINISTRATOR),
    Page("/console/policies/{name}", policy_pages.show, policy_pages.change, needs=ADMINISTRATOR),
    Page("/console/audit", audit.list_),
)
"""In the order of the navigation; an address with a part in braces stands behind those it would match, too."""
