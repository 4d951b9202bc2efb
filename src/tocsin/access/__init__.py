"""Who may do what: people, tokens, sessions, roles, rights in banks, rate limits."""
