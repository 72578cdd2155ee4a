"""What is open on a forge, in the order in which to review it."""
