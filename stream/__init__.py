"""Portrait Stream: customer portraits kept current as events happen."""

__version__ = "0.1.0"
