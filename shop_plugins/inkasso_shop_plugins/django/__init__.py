"""For shops in Django: events written in the shop's own transaction, a relay into our store, and the way back.

``INSTALLED_APPS = ["inkasso_shop_plugins.django", ...]``; settings in ``INKASSO`` (``docs/shops/django.md``). A view or a model reports
with :func:`inkasso_shop_plugins.django.events.report`. Importing this package needs no Django.
"""
