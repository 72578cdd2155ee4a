"""Deliveries of GitHub: checked, claimed and stored before they are acknowledged."""
