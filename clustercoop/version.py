"""The version, for the package and for its build."""

from typing import Final

__version__: Final = "0.1.0"
