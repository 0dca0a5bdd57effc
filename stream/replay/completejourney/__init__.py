"""Complete Journey: grocery baskets, campaigns, coupons and demographics of US households, 2017.

Source: https://bradleyboehmke.github.io/completejourney (dunnhumby / 84.51°): one CSV file a
table, plain or gzipped, in one folder.
"""
