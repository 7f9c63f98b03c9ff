"""The cloud's word on which instance this is: EC2's instance identity document. Python 3.6 grammar.

Source: AWS, "Use the Instance Metadata Service to access instance metadata" (IMDSv2) and "Instance identity documents".
Asked once, at enrolment; never through a proxy.
"""

import http.client
import json
import re
from typing import Dict, Optional

from shindan.agent.deadline import Deadline, TimeUp

_SESSION = "/latest/api/token"
_DOCUMENT = "/latest/dynamic/instance-identity/document"
_MOST = 16 * 1024
_FIELDS = (("id", "instanceId"), ("account", "accountId"), ("region", "region"), ("image", "imageId"))
_ID = re.compile("^i-[0-9a-f]{8,17}$")
SECONDS = 1.0


def instance(address: str, seconds: float = SECONDS) -> Optional[Dict[str, str]]:
    """`id`, `account`, `region`, `image`; None where nothing, or nothing of EC2's, answers in time.

    `address` is `host` or `host:port`; empty: nobody is asked.
    """
    if not address:
        return None
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        with Deadline(seconds):
            token = _asked(connection, "PUT", _SESSION, {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
            if token is None:
                return None
            said = _asked(connection, "GET", _DOCUMENT, {"X-aws-ec2-metadata-token": token})
    except (OSError, http.client.HTTPException, ValueError, TimeUp):
        return None
    finally:
        connection.close()
    return _read(said) if said else None


def _asked(connection: http.client.HTTPConnection, method: str, path: str, headers: Dict[str, str]) -> Optional[str]:
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    content = answer.read(_MOST)
    answer.close()
    return content.decode("ascii") if answer.status == 200 else None


def _read(document: str) -> Optional[Dict[str, str]]:
    try:
        said = json.loads(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    found = {ours: said[theirs] for ours, theirs in _FIELDS if isinstance(said.get(theirs), str)}
    if len(found) < len(_FIELDS) or any(len(value) > 128 for value in found.values()):
        return None
    return found if _ID.match(found["id"]) else None
