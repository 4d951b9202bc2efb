"""Tocsin: screen media against lists of known items, exactly and fast.

Example:
    >>> from tocsin.hashing import pdq
    >>> hashes = pdq.hash_image(open("picture.jpg", "rb").read())
    >>> hashes.full.hex, hashes.full.quality
"""

__version__ = "0.1.0"
