"""Settings of the test shop: Oscar's own defaults, and ours as ``docs/shops/oscar.md`` says. What differs between tests is in variables."""

import json
import os
from pathlib import Path
from typing import Any

from oscar.defaults import *  # noqa: F403  (so Oscar's own documentation does)
from oscar.defaults import OSCAR_DASHBOARD_NAVIGATION

FOLDER = Path(os.environ["SHOP_FOLDER"])
SECRET_KEY = "not-secret-in-a-test"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
LANGUAGE_CODE = os.environ.get("SHOP_LANGUAGE", "de")
SITE_ID = 1
ROOT_URLCONF = "oscar_shop.urls"
STATIC_URL = "/static/"
MEDIA_ROOT = FOLDER / "media"
OSCAR_DEFAULT_CURRENCY = "EUR"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

OSCAR_APPS = (
    "oscar.config.Shop",
    *(f"oscar.apps.{name}.apps.{label}Config" for name, label in (
        ("analytics", "Analytics"), ("checkout", "Checkout"), ("address", "Address"), ("shipping", "Shipping"),
        ("catalogue", "Catalogue"), ("catalogue.reviews", "CatalogueReviews"), ("communication", "Communication"),
        ("partner", "Partner"), ("basket", "Basket"), ("payment", "Payment"), ("offer", "Offer"), ("order", "Order"),
        ("customer", "Customer"), ("search", "Search"), ("voucher", "Voucher"), ("wishlists", "Wishlists"),
        ("dashboard", "Dashboard"), ("dashboard.reports", "ReportsDashboard"), ("dashboard.users", "UsersDashboard"),
        ("dashboard.orders", "OrdersDashboard"), ("dashboard.catalogue", "CatalogueDashboard"),
        ("dashboard.offers", "OffersDashboard"), ("dashboard.partners", "PartnersDashboard"),
        ("dashboard.pages", "PagesDashboard"), ("dashboard.ranges", "RangesDashboard"),
        ("dashboard.reviews", "ReviewsDashboard"), ("dashboard.vouchers", "VouchersDashboard"),
        ("dashboard.communications", "CommunicationsDashboard"), ("dashboard.shipping", "ShippingDashboard"),
    )),
)  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    *OSCAR_APPS,
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
    "inkasso_shop_plugins.django",
    "inkasso_shop_plugins.oscar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "shop.sqlite3",
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
if os.environ.get("SHOP_DATABASE"):
    DATABASES["default"] = json.loads(os.environ["SHOP_DATABASE"])
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
AUTHENTICATION_BACKENDS = ["oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class WithoutMigrations(dict[str, Any]):
    """Tables are made from the models, in a second instead of ten; ours are made by their migration."""

    def __contains__(self, name: object) -> bool:
        return name != "inkasso"

    def __getitem__(self, name: str) -> None:
        return None


MIGRATION_MODULES = WithoutMigrations()

# The shop's own way of an order

OSCAR_INITIAL_ORDER_STATUS = "Pending"
OSCAR_ORDER_STATUS_PIPELINE = {
    "Pending": ("Shipped", "Cancelled"),
    "Shipped": ("Paid", "Overdue"),
    "Overdue": ("Dunning 1", "Paid"),
    "Dunning 1": ("Dunning 2", "Paid"),
    "Dunning 2": ("Inkasso", "Paid"),
    "Inkasso": ("Paid", "Written off"),
    "Paid": (),
    "Cancelled": (),
    "Written off": (),
}
OSCAR_DASHBOARD_NAVIGATION = [
    *OSCAR_DASHBOARD_NAVIGATION,
    {
        "label": "Inkasso",
        "children": [
            {"label": "Warteschlange", "url_name": "inkasso:inkasso-queue"},
            {"label": "Übermittelt", "url_name": "inkasso:inkasso-transmitted"},
        ],
    },
]

# Ours

INKASSO = {
    "CONFIG": str(FOLDER / "inkasso.toml"),
    "SHOP": "oscar",
    "OPEN": "oscar_shop.seams.open_installation",
    "CLAIM_BUILDER": "inkasso_shop_plugins.oscar.builder.build_claim",
    "CANDIDATES": "inkasso_shop_plugins.oscar.builder.candidates",
    "WRITE_BACK": "inkasso_shop_plugins.oscar.writeback.write_back",
    **json.loads(os.environ.get("SHOP_INKASSO", "{}")),
}
INKASSO_OSCAR = {
    "TRIGGER": ["Inkasso"],
    "DUNNING": {"Dunning 1": 1, "Dunning 2": 2},
    "DUNNING_CHANNEL": "letter",
    "DEADLINE_DAYS": 14,
    "PAID": ["Paid"],
    "CANCELLED": ["Cancelled"],
    "SHIPPED": ["Shipped"],
    "DUE_DAYS": 14,
    "DUE_DATE_ORIGIN": "contract",
    "CAPACITY": "consumer",
    "STATUSES": {"paid": "Paid", "closed": "Written off"},
    **json.loads(os.environ.get("SHOP_OSCAR", "{}")),
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": FOLDER / "shop.log", "encoding": "utf-8"}},
    "loggers": {name: {"handlers": ["file"], "level": "INFO"} for name in ("inkasso", "django")},
}
