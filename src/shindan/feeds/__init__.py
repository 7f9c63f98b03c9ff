"""The outside world → advisories. `FEEDS` is the list; a test finds a feed that is not in it."""

from __future__ import annotations

from shindan.feeds.archive import ArchiveFeed
from shindan.feeds.base import Feed
from shindan.feeds.epss import EpssFeed
from shindan.feeds.kev import KevFeed
from shindan.feeds.nvd import NvdFeed
from shindan.feeds.osv import OsvFeed

FEEDS: tuple[Feed, ...] = (OsvFeed(), ArchiveFeed(), KevFeed(), EpssFeed(), NvdFeed())
"""Every feed, in the order in which people see them."""
