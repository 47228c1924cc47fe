"""The chain of all timelines' entries, and how it is verified. Pure: rows and a key, and nothing else."""
