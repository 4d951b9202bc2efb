"""NCMEC's CyberTipline on the loopback: its reporting API by the public documentation of 2025-06-11.

It shares nothing with `tocsin.filing`, which it is there to test: not its model, its rules or its mistakes.
"""
