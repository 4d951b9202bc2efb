"""Reports to authorities: drafts, checks, sending, receipts; holds, duties, notices to providers."""
