"""Exchanges: what partners give and take, inward from their services and files, outward by our own feed."""
