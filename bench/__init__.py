"""Measurements. Each is a ratio against something else in the same run; see README.md here."""
