"""Print the command of a README section: the first line of its first code block. CI runs just what the README says."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def command(readme: str, heading: str) -> str:
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", readme, re.MULTILINE | re.DOTALL)
    block = re.search(r"^```\w*\n(.*?)\n", section.group(1), re.MULTILINE) if section else None
    if block is None:
        sys.exit(f"README.md has no command under {heading!r}")
    return block.group(1)


if __name__ == "__main__":
    print(command(Path("README.md").read_text(encoding="utf-8"), sys.argv[1]))  # noqa: T201
