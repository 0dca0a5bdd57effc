"""The functional core: events fold into state, state describes itself as a portrait.

Everything here is pure and deterministic: no clock, no I/O, no randomness, no framework. Each
module is one part of the portrait and holds all of it: what is kept (``…State``), how an event
adds to it, how two histories ``merge``, what leaves it with time (``prune``), and the section of
the document that it ``describe``s.
"""
