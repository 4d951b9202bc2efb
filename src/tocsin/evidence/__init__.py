"""What stands in court: the vault, where content rests encrypted, and the ledger of all that was done."""
