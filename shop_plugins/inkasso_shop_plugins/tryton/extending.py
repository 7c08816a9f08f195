"""The base of classes that extend a model of another Tryton module: the pool puts both together, which no type checker can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Extending = Any
else:
    Extending = object
