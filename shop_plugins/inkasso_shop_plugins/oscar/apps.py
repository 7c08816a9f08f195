"""The dashboard app, label ``inkasso_oscar``, URL namespace ``inkasso``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.checks import register
from django.urls import path
from oscar.core.application import OscarDashboardConfig


class InkassoOscarConfig(OscarDashboardConfig):
    """Pages for staff: the queue, what was transmitted, and why an order is not there."""

    name = "inkasso_shop_plugins.oscar"
    label = "inkasso_oscar"
    verbose_name = "Inkasso (Oscar)"
    namespace = "inkasso"
    default = True  # of the two classes that Django sees in this module
    default_permissions: ClassVar[list[str]] = ["is_staff"]  # Oscar reads a tuple as alternatives

    def ready(self) -> None:
        """Connect the receivers, and let ``manage.py check`` look at the settings."""
        from inkasso_shop_plugins.oscar import receivers
        from inkasso_shop_plugins.oscar.conf import settings_fit

        receivers.connect()
        register(settings_fit)

    def get_urls(self) -> Any:
        """Return the pages, each for staff alone."""
        from inkasso_shop_plugins.oscar import views

        return self.post_process_urls(
            [
                path("", views.queue, name="inkasso-queue"),
                path("act/", views.act, name="inkasso-act"),
                path("transmitted/", views.transmitted, name="inkasso-transmitted"),
                path("order/<int:order>/", views.order, name="inkasso-order"),
                path("find/", views.find, name="inkasso-find"),
            ]
        )
