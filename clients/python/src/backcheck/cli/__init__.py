"""The command `backcheck`; needs the extra `backcheck[cli]`, and says so where it is missing."""

import sys

EXIT_TROUBLE = 3  # usage, files, or a service that does not answer: nothing was judged

HOW_TO_GET_IT = """\
The command line needs click and rich, which are not installed here:

    pip install 'backcheck[cli]'
"""


def main() -> None:
    """Run the command and exit: 0 right, 1 wrong, 2 undecided, 3 usage or trouble."""
    try:
        from backcheck.cli.commands import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        print(HOW_TO_GET_IT, end="", file=sys.stderr)
        sys.exit(EXIT_TROUBLE)
    sys.exit(run())
