"""Which of two kernel releases is the newer one. Python 3.6 grammar.

As rpm orders versions, which for kernels' releases is how dpkg does too: runs of digits and of letters, a number is
newer than letters (`3.10.0-1062.12.1.el7` than `3.10.0-1062.el7`) and 100 newer than 31.
"""

import re
from typing import List, Tuple

_RUNS = re.compile(r"0*([0-9]+)|([A-Za-z]+)")


def natural(text: str) -> List[Tuple[int, str]]:
    """A key by which releases sort, the newest last."""
    # Of two numbers without leading zeros the longer one is the greater; letters come before any number.
    return [(len(digits), digits or letters) for digits, letters in _RUNS.findall(text)]
