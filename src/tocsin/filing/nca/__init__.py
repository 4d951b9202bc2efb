"""The UK's National Crime Agency: a form ready for its portal, and the register of what was told it."""
