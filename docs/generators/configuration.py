"""Every setting of ``inkasso.toml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from generators.frame import filled, page, prose, table
from inkasso_core.model.party import Creditor
from inkasso_core.rules.policy import Policy
from inkasso_core.settings import (
    AccountSettings,
    ActorSettings,
    ClientSettings,
    General,
    LawSettings,
    Route,
    ServeSettings,
    ShopConfig,
    VendorSettings,
    WorkerSettings,
)

SECTIONS: dict[str, type[BaseModel]] = {
    "inkasso": General,
    "law": LawSettings,
    "creditors": Creditor,
    "accounts": AccountSettings,
    "policy": Policy,
    "shops": ShopConfig,
    "vendors": VendorSettings,
    "routes": Route,
    "actors": ActorSettings,
    "serve": ServeSettings,
    "clients": ClientSettings,
    "worker": WorkerSettings,
}
"""Part of configuration.md -> the model that reads it."""


@page("configuration.md")
def configuration_page() -> str:
    """Every setting, from the models that read them."""
    heads = ("setting", "default", "meaning")
    return filled("configuration.md", {name: table(heads, _settings(model)) for name, model in SECTIONS.items()})


def _settings(model: type[BaseModel]) -> list[tuple[str, ...]]:
    return [(f"`{name}`", _default(field), prose(field.description)) for name, field in model.model_fields.items()]


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "–"
    if isinstance(value, BaseModel | Mapping):
        return "a section of its own" if isinstance(value, BaseModel) else "empty"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else str(value) if not isinstance(value, bool | int) else value)}`"
