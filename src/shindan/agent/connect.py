"""The link that a configuration asks for. Python 3.6 grammar."""

import os

from shindan.agent import proxy
from shindan.agent.config import Config, ConfigError
from shindan.agent.link import Link
from shindan.agent.tls import Trust


def link_to(config: Config) -> Link:
    """Not connected yet. Raises ConfigError."""
    try:
        way = proxy.choose(config.host, config.port, config.proxy, config.no_proxy, os.environ)
    except proxy.ProxyError as error:
        raise ConfigError("{}: {}".format(config.path, error)) from error
    return Link(config.host, config.port, Trust(config), way)
