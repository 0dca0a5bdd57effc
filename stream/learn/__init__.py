"""What is learned from labelled history, and stored as small versioned files."""
