"""HOW IT FARES: what is measured, for Prometheus. `docs/metrics.md` lists all of it."""
