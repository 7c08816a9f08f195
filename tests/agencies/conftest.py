"""Strangers' distributions, for the tests of what finds them."""

import pytest
from distributions import strangers

strangers = pytest.fixture(strangers)
