"""TOLD BY WHOM: webhooks, signed and sent to where merchants want them."""
