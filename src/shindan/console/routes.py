"""Every page of the console, in one list."""

from __future__ import annotations

from shindan.console import (
    audit,
    first_run,
    host,
    hosts,
    overview,
    own_account,
    policy_pages,
    signing_in,
    single_sign_on,
    tokens,
    users,
)
from shindan.console.page import ADMINISTRATOR, Page

PAGES: tuple[Page, ...] = (
    Page("/console/login", signing_in.form, signing_in.enter, open=True),
    Page("/console/login/code", signing_in.code_form, signing_in.enter_code, open=True),
    Page("/console/login/oidc", single_sign_on.away, open=True),
    Page(single_sign_on.BACK, single_sign_on.back, open=True),
    Page("/console/logout", post=signing_in.leave, open=True),
    Page("/console/look", post=signing_in.look, open=True),
    Page("/console/account", own_account.show, own_account.change),
    Page("/console/account/second-factor", own_account.factor, own_account.change_factor),
    Page("/console/", overview.show),
    Page("/console/first", first_run.show),
    Page("/console/first/live", first_run.live),
    Page("/console/first/token", post=first_run.make_token, needs=ADMINISTRATOR),
    Page("/console/first/assess", post=first_run.assess),
    Page("/console/hosts", hosts.list_),
    Page("/console/hosts/tokens", tokens.list_, needs=ADMINISTRATOR),
    Page("/console/hosts/tokens/new", tokens.form, tokens.create, needs=ADMINISTRATOR),
    Page("/console/hosts/tokens/{id}/revoke", post=tokens.revoke, needs=ADMINISTRATOR),
    Page("/console/hosts/{id}", host.show),
    Page("/console/hosts/{id}/packages", host.packages),
    Page("/console/hosts/{id}/facts", host.facts),
    Page("/console/hosts/{id}/exposure", host.exposure),
    Page("/console/hosts/{id}/runs", host.runs),
    Page("/console/hosts/{id}/tags", post=host.change_tags),
    Page("/console/hosts/{id}/archive", post=host.archive),
    Page("/console/hosts/{id}/remove", post=host.remove),
    Page("/console/users", users.list_, needs=ADMINISTRATOR),
    Page("/console/users/new", users.form, users.create, needs=ADMINISTRATOR),
    Page("/console/users/{name}", users.show, users.change, needs=ADMINISTRATOR),
    Page("/console/policies", policy_pages.list_, needs=ADMINISTRATOR),
    Page("/console/policies/new", policy_pages.form, policy_pages.create, needs=ADMINISTRATOR),
    Page("/console/policies/{name}", policy_pages.show, policy_pages.change, needs=ADMINISTRATOR),
    Page("/console/audit", audit.list_),
)
"""In the order of the navigation; an address with a part in braces stands behind those it would match, too."""
