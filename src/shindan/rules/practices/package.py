"""The rules of the package, in the order of the specification (section 5.4), and what they look at."""

from __future__ import annotations

from shindan.rules.coded import CodedPackage
from shindan.rules.practices.folders import FOLDERS
from shindan.rules.practices.memory import DEP, RANDOMISATION
from shindan.rules.practices.password_age import MAXIMUM_AGE
from shindan.rules.practices.password_strength import COMPLEXITY, MINIMUM_LENGTH
from shindan.rules.practices.ssh import PASSWORD_LOGIN, ROOT_LOGIN, VERSION_2

PACKAGE = CodedPackage(
    "practices",
    (
        ROOT_LOGIN,
        VERSION_2,
        PASSWORD_LOGIN,
        MAXIMUM_AGE,
        MINIMUM_LENGTH,
        COMPLEXITY,
        RANDOMISATION,
        DEP,
        FOLDERS,
    ),
    also=("container",),
)
