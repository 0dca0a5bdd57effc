"""The commands of `portrait alerts`, one a module, and the lines that they print."""
