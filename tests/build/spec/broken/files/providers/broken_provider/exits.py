"""Exits."""

import sys

sys.exit("bye")
