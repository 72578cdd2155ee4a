"""What webhooks did not bring: deliveries that were missed, and what REST says beside what is recorded."""
