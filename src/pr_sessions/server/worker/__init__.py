"""What is done about deliveries, in the order of each mailbox."""
