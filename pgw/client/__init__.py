"""What a merchant's program needs of a gateway: to follow its stream, and to take its webhooks."""
