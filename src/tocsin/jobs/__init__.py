"""Durable work: one job table, leases, retries."""
