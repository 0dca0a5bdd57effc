"""The commands of `portrait risk`, one a module."""
