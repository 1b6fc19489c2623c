"""`python -m backcheck`: the command line, also where its script is not on the path."""

from backcheck.cli import main

main()
