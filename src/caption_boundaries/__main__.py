"""`python -m caption_boundaries`."""

from caption_boundaries.cli.main import main

main()
