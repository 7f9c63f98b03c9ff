"""A result for a person at a terminal: findings by package, what to update, and the ledger."""

from __future__ import annotations

from shindan.model.result import ScanResult
from shindan.render.look import Look, Writer


def write(result: ScanResult, stream: Writer, look: Look) -> None:
    """See `Renderer`."""
    # rich costs a tenth of a second to import: other forms go without it.
    from shindan.render.table_findings import findings
    from shindan.render.table_ledger import ledger
    from shindan.render.table_page import TablePage
    from shindan.render.table_rules import rules
    from shindan.render.table_summary import head, summary, updates

    page = TablePage(stream, look)
    head(page, result)
    findings(page, result)
    rules(page, result)
    summary(page, result)
    updates(page, result)
    ledger(page, result)
