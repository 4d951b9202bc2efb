"""Telling what a file is and decoding it: identification, views, archives and the sandbox they run in."""
