"""Where webhooks are to go, what became of each, and what they say."""
