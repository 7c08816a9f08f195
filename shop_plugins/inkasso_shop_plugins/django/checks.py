"""``manage.py check``: the options of ``INKASSO``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from inkasso_shop_plugins.django.conf import options


def settings_fit(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say which option is wrong, and which file is not there yet. Opens no database."""
    try:
        found = options()
    except ImproperlyConfigured as exc:
        return [checks.Error(str(exc), id="inkasso.E001")]
    if found.open is None and not Path(found.config).is_file():
        hint = "INKASSO['CONFIG'] is best an absolute path; `inkasso init` writes such a file."
        return [checks.Warning("INKASSO['CONFIG'] names a file that does not exist.", hint=hint, id="inkasso.W001")]
    return []
