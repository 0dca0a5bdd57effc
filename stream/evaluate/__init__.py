"""How good derived values are on labelled history.

events → fold → state, as in production → score → figures with their confidence intervals
"""
