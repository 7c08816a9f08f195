"""The installation that is measured: one shop, one account of a file agency, a clock that stands still."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claims import TODAY

from inkasso_core import Inkasso, Settings

SHOP, ACCOUNT = "bench", "agency"
DATABASE = "inkasso.db"


def installation(folder: Path) -> Inkasso:
    """Open the installation in ``folder``; its database is made when it is not there."""
    address = {"street": "Musterweg", "house_number": "1", "postal_code": "49074", "city": "Osnabrück", "country": "DE"}
    data: dict[str, Any] = {
        "inkasso": {"database": f"sqlite:///{DATABASE}"},
        "creditors": {"main": {"name": "Beispiel Handel GmbH", "input_vat_deductible": True, **address}},
        "accounts": {ACCOUNT: {"agency": "mediafinanz-file", "creditor": "main", "settings": {"directory": "export"}}},
        "shops": {SHOP: {"plugin": "canonical", "creditor": "main", "account": ACCOUNT}},
    }
    return Inkasso(Settings.model_validate({**data, "folder": folder}), clock=lambda: TODAY)
