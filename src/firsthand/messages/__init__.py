"""What is said to people outside the pages: templates, a sealed queue, senders."""
