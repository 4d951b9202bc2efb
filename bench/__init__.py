"""Measurements beside the peers, each run as `python -m bench.NAME` from the checkout."""
