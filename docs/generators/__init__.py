"""The makers of pages, one module for each subject. Importing a module registers its pages."""

from generators import agencies, api, command_line, conditions, configuration, hooks, lifecycle, marketplace, openapi, shops, store

__all__ = [
    "agencies",
    "api",
    "command_line",
    "conditions",
    "configuration",
    "hooks",
    "lifecycle",
    "marketplace",
    "openapi",
    "shops",
    "store",
]
