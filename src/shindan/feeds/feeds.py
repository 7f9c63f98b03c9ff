"""Every feed: the one list. A test finds a feed that is not in it."""

from __future__ import annotations

from shindan.feeds.alpine import AlpineFeed
from shindan.feeds.archive import ArchiveFeed
from shindan.feeds.base import Feed
from shindan.feeds.debian import DebianFeed
from shindan.feeds.epss import EpssFeed
from shindan.feeds.kev import KevFeed
from shindan.feeds.msrc import MsrcFeed
from shindan.feeds.notus import NotusFeed
from shindan.feeds.nvd import NvdFeed
from shindan.feeds.osv import OsvFeed
from shindan.feeds.oval_feed import OvalFeed
from shindan.feeds.redhat import RedhatFeed
from shindan.feeds.suse import SuseFeed
from shindan.feeds.ubuntu import UbuntuFeed
from shindan.feeds.updateinfo import UpdateinfoFeed

FEEDS: tuple[Feed, ...] = (
    DebianFeed(),
    OsvFeed(),
    ArchiveFeed(),
    KevFeed(),
    EpssFeed(),
    NvdFeed(),
    UbuntuFeed(),
    RedhatFeed(),
    UpdateinfoFeed(),
    AlpineFeed(),
    SuseFeed(),
    OvalFeed(),
    MsrcFeed(),
    NotusFeed(),
)
"""Every feed, in the order in which people see them."""
