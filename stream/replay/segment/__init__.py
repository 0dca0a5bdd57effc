"""Segment: JSON lines of track and identify calls, as trackers in the field send them.

Source: https://segment.com/docs/connections/spec (common fields, e-commerce v2, identify, B2B
SaaS, mobile). What the contract does not know is dropped, and direct identifiers are never taken
over.
"""
