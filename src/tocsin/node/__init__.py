"""One node put together: its stores, vault, ledger, sandbox and jobs, from its settings."""
