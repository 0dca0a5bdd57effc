"""What `portrait evaluate` measures: one module a derived value."""
