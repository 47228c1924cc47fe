"""An operator's commands, and the Unix socket by which they reach a running gateway."""
