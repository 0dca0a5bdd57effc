"""The standards that tests describe with, unless they are about standards."""

from stream.measures.standards import default_standards

STANDARDS = default_standards("USD")
