"""What the shop's event procedure calls: an address with a secret and the id of an order (``reference: shop-plentymarkets.md`` section 10).

The call bears no signature, so nothing of it counts but the secret and the id; the order itself is read over the REST API by the next poll.
"""

from __future__ import annotations

import hmac
import re

from inkasso_core import DeliveryRefused, InvalidInput, Received, ShopContext, ShopRequest, Text
from inkasso_shop_plugins.plentymarkets.login import NAME
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_ID = re.compile(r"[1-9][0-9]{0,17}")

REFUSED = Text(
    "Der Aufruf ist nicht vom Shop: das Geheimnis in der Adresse fehlt oder ist ein anderes (hook_secret).",
    "The call is not the shop's: the secret in the address is missing or another one (hook_secret).",
)
NO_ORDER = Text(
    "In der Adresse steht keine Auftrags-ID: sie muss auf /[OrderID] enden.",
    "There is no order id in the address: it must end in /[OrderID].",
)


def receive(context: ShopContext[PlentySettings], request: ShopRequest) -> Received:
    """Note the order whose id stands behind the secret: ``SECRET/ORDER``. The method and the content of the call do not matter.

    Raises ``DeliveryRefused`` for a wrong secret or none, ``InvalidInput`` for a path without an id.
    """
    expected = context.settings.hook_secret
    given, _, rest = request.path.strip("/").partition("/")
    if expected is None or not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise DeliveryRefused(REFUSED, agency=NAME)
    if not _ID.fullmatch(rest):
        raise InvalidInput(NO_ORDER, field="path")
    return Received(wanted=(rest,))
