"""The interface of HMA (Hasher-Matcher-Actioner) under /hma: its clients work here by a change of URL.

Names, shapes and status codes are HMA's; its defects are not. docs/reference/hma.md compares every operation.
"""
