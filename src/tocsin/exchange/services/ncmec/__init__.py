"""NCMEC's hash sharing, version 2: XML over HTTP, asked for what changed between two moments.

Followed: the documentation at report.cybertip.org/hashsharing/v2/documentation and what its public pages say
on use, categorizations and large fingerprints (read in autumn 2026). Each environment is a list of its own,
with its own accounts and its own GUIDs.
"""
