"""What holds for all tests: a property test is never failed by a slow machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("inkasso", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("inkasso")
