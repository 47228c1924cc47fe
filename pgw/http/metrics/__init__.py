"""What the gateway measures, for Prometheus to scrape."""
