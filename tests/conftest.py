"""Settings for all tests: reproducible Hypothesis runs, and `reference` importable."""

import os
import sys

from hypothesis import HealthCheck, settings

sys.path.insert(0, os.path.dirname(__file__))

SOAK = bool(os.environ.get("GLASSGRAD_SOAK"))

# `make test` tries the same points every time; `make soak` looks for new ones.
settings.register_profile("quick", deadline=None, derandomize=True, database=None, max_examples=50,
                          suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
settings.register_profile("soak", parent=settings.get_profile("quick"), derandomize=False, max_examples=1000)
settings.load_profile("soak" if SOAK else "quick")
