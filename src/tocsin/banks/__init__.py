"""Lists of known items: banks with their policies, entries with their origin, labels and withdrawals."""
