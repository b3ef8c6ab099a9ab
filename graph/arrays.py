"""Types of arrays, by what their cells are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Int32s = NDArray[np.int32]
Int8s = NDArray[np.int8]
AnyInts = NDArray[np.integer[Any]]  # of any width
Indices = NDArray[np.intp]  # positions, as NumPy returns them
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]
Bits = NDArray[np.uint64]  # words of 64 flags each
