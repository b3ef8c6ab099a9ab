"""The command itself, also as ``python -m clustercoop``."""

import sys


def main() -> None:
    """Run the command; Ctrl-C while it still loads ends it as Ctrl-C later does."""
    try:
        from clustercoop.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("clustercoop: interrupted; nothing was left half-written.\n")
        sys.exit(130)
    command(prog_name="clustercoop")


if __name__ == "__main__":
    main()
