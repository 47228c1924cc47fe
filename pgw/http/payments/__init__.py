"""Paying, and fetching a payment."""
