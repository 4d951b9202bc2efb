"""Compiling with numba, keeping the result on disk where there is a place for it."""

from collections.abc import Callable
from typing import Any

import numba


def cached_njit(signature: Any, **options: Any) -> Callable[[Callable[..., Any]], Any]:  # noqa: ANN401  # numba's own
    """`numba.njit` with a cache: beside the source, or in the user's cache folder where that is read-only.

    A user who may write to neither (a service account without a home) still gets compiled code: it is then
    compiled anew by each process that needs it, which takes some seconds.
    """

    def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401  # as above
        try:
            return numba.njit(signature, cache=True, **options)(function)
        except RuntimeError as error:
            if "no locator" not in str(error):
                raise
            return numba.njit(signature, **options)(function)

    return compiled
