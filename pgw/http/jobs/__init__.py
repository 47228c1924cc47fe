"""Following a job: by polling, by waiting, by listening."""
