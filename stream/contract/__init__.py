"""The contract as files: what stands under ``schemas/`` and follows from the structs."""
