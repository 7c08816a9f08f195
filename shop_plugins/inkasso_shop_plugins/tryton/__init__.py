"""Tryton, both ways: a Tryton module (levels flagged "to agency", an event table, notes) and the inkasso plugin for the same shop.

One package, two entry points: ``trytond.modules`` finds ``tryton.cfg`` here, ``inkasso.plugins`` finds :mod:`plugin`. Only the modules
that ``tryton.cfg`` registers import trytond, so the plugin loads without it (``reference: test-peers.md`` section 9).
"""
