"""People at the counter: who was found there and how, and what a desk may do for him."""
