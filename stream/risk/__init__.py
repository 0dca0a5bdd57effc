"""The risk model, pure: evidence of one customer, findings in it, and the score that follows."""
