"""The rules: may this claim go to an agency, and if not, why, what helps, and from when.

Pure functions: no I/O, no clock. ``diagnose`` asks; ``policy`` holds an account's thresholds; ``facts`` is what the store
knows; ``table`` has all conditions in order.
"""
