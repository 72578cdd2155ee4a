"""Asks a forge for what matters, bounded, and never for more than is needed."""
