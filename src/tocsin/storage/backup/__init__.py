"""Backups of a running node, and restoring them, also from one kind of database into the other.

The format is described in docs/formats/backup.md.
"""
