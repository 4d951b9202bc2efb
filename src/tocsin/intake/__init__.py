"""Content arriving with its context: kept, examined, matched, and matched again when banks grow."""
