"""`python -m mtrec`: everything the pages do, on the command line."""

from __future__ import annotations

import sys

from mtrec.cli import main

if __name__ == "__main__":
    sys.exit(main())
