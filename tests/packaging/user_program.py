"""A user's program: `make editable` runs it and type-checks it against both kinds of install.

mypy must find all three packages and their types: with ``py.typed`` missing, or behind an import hook, it does not.
It must know the public names as well, although they are loaded only when used.
"""

from decimal import Decimal
from typing import assert_type

import inkasso_adapters
import inkasso_core
import inkasso_shop_plugins
from inkasso_core import Claim


def owed(claim: Claim) -> str:
    assert_type(claim.total_open, Decimal)
    return f"{claim.total_open} {claim.currency}"


assert_type(inkasso_core.__version__, str)

for package in (inkasso_core, inkasso_adapters, inkasso_shop_plugins):
    print(package.__name__, package.__file__)
