"""What a customer is measured by: data that the shop sets, learns or takes, and how it is read.

Pure, like :mod:`stream.profile`, which hands a customer's figures in: nothing here knows a state.
"""
