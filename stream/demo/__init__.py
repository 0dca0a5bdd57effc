"""A simulated shop that feeds the embedded stack; nothing in it is a real person or product."""
