"""Exact Hamming radius search over millions of 256-bit values, on disk and live.

```python
from tocsin.index import HammingIndex

with HammingIndex.open("folder") as index:
    index.add(ids, hashes)  # uint64[n], uint8[n, 32]; durable when it returns
    limits, hit_ids, distances = index.search(queries, radius=31)
    first = slice(limits[0], limits[1])  # the hits of query 0: hit_ids[first], distances[first]
```
"""

from tocsin.index.errors import (
    IndexClosedError,
    IndexCorruptError,
    IndexFailedError,
    IndexLockedError,
    IndexMissingError,
    IndexReadOnlyError,
    InvalidIndexInputError,
)
from tocsin.index.hamming import HammingIndex, IndexStats

__all__ = [
    "HammingIndex",
    "IndexClosedError",
    "IndexCorruptError",
    "IndexFailedError",
    "IndexLockedError",
    "IndexMissingError",
    "IndexReadOnlyError",
    "IndexStats",
    "InvalidIndexInputError",
]
