"""What can be set: the fields of a settings model, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inkasso_core.cli import output, words
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell
from inkasso_core.model.words import Text


def settings_of(model: Any) -> list[dict[str, Any]]:
    """Return what can be set: name, type, default (or that it is required), meaning."""
    return list(_settings(model))


def _settings(model: Any) -> Iterator[dict[str, Any]]:
    properties = model.model_json_schema().get("properties", {})
    for name, info in model.model_fields.items():
        schema = properties.get(name, {})
        secret = "SecretStr" in str(info.annotation)
        yield {
            "name": name,
            "type": "secret" if secret else schema.get("type") or "table" if "$ref" in schema else schema.get("type") or "",
            "required": info.is_required(),
            "default": None if secret else schema.get("default"),
            "description": " ".join((info.description or "").split()),
        }


def print_settings(settings: list[dict[str, Any]], section: str) -> None:
    """Print what can be set in ``[section.NAME.settings]``."""
    if not settings:
        output.tell(_NO_SETTINGS)
        return
    output.heading(_SETTINGS, section=f"[{section}.NAME.settings]")
    for setting in settings:
        default = json.dumps(setting["default"], ensure_ascii=False)
        state = say(_REQUIRED) if setting["required"] else "" if setting["type"] in ("table", "secret") else f"= {default}"
        output.line(Cell(setting["name"], "bold"), f"  {setting['type']}".rstrip(), f"  {state}".rstrip())
        if setting["description"]:
            output.indented(setting["description"], words.PALE)


_SETTINGS = Text("Einstellungen in {section}", "Settings in {section}")
_NO_SETTINGS = Text("Keine Einstellungen.", "No settings.")
_REQUIRED = Text("erforderlich", "required")
