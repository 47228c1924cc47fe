"""Whether the gateway lives, and whether it is ready for work."""
