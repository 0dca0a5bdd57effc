"""Where portraits are kept: one contract (``table.py``), in Redis and in memory."""
