"""The interface of the peer (HMA), under /hma, so that its clients work unchanged."""
