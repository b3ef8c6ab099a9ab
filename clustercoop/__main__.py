"""Run the command line as ``python -m clustercoop``."""

from clustercoop.cli import main

main(prog_name="clustercoop")
