"""Group portraits, pure: what a customer adds to a group, the sums, and the group's document.

A group is a store, or one segment of a store. Sums are integers that add up in any order, so a
customer who changed is taken out of them as they were and put in as they are now.
"""
