"""Exact Hamming radius search over millions of 256-bit values, on disk and live."""
