"""Helpers that the tests of several rooms share; `pythonpath` in pyproject.toml makes them importable."""
