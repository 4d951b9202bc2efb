"""Requests to addresses that operators and submitters name: resolved, checked, pinned, capped."""
