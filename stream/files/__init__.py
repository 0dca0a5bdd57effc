"""The YAML files that people write: read, checked, and refused with the line and what was meant."""
