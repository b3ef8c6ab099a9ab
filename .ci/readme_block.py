"""Print the n-th fenced bash block of README.md, so that CI runs what the README says, to the letter."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def blocks(text: str) -> list[str]:
    """Return the contents of the fenced bash blocks in order."""
    return [block.strip() for block in re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


if __name__ == "__main__":
    sys.stdout.write(blocks(README.read_text("utf-8"))[int(sys.argv[1]) - 1] + "\n")
