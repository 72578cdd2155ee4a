"""Measurements beside their floors."""
