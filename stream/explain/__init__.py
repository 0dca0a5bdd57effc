"""What each value of a portrait was derived from, in words and figures. Pure, as the core is.

portrait, state, standards → Basis → a module a section → Evidence, in the document's order
"""
