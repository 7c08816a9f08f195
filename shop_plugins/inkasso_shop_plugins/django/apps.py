"""The Django app, label ``inkasso``."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class InkassoConfig(AppConfig):
    """Two small tables, four commands and a check of the settings."""

    name = "inkasso_shop_plugins.django"
    label = "inkasso"
    verbose_name = "Inkasso"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let ``manage.py check`` look at the settings."""
        from inkasso_shop_plugins.django.checks import settings_fit

        register(settings_fit)
