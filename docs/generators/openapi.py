"""The OpenAPI document of the intake."""

from __future__ import annotations

import json

from generators.frame import page
from inkasso_core.settings import ServeSettings
from inkasso_core.web.openapi import document


@page("openapi.json")
def openapi_page() -> str:
    """The document as an intake with the usual limits serves it."""
    return json.dumps(document(ServeSettings().max_events), ensure_ascii=False, indent=2) + "\n"
