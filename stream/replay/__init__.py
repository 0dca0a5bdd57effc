"""Files of other systems as events of the contract, and the driver that publishes them.

file → source (one module a format) → Event | Skipped → shift → publish → Kafka
"""
