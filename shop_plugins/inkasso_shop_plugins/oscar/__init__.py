"""django-oscar: claims from its orders, notes and statuses written back, and a page in its dashboard. Needs the Django app beside it.

``INSTALLED_APPS = [..., "inkasso_shop_plugins.django", "inkasso_shop_plugins.oscar"]``; settings in ``INKASSO_OSCAR``
(``docs/shops/oscar.md``). Importing this package needs neither Django nor Oscar.
"""
