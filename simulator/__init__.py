"""A bank to develop against: `python -m simulator`. It shares no code with the gateway."""
