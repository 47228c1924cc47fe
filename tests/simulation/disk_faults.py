"""How often a disk fails, each a chance from 0 to 1 at every operation of its kind."""

from attrs import frozen


@frozen
class DiskFaults:
    """`fills_up` and `write_fails` are chances a write, `sync_fails` a sync, `commit_lies` a commit.

    A disk that has filled up stays full for `full_seconds`. A commit that lies took place and says it failed.
    """

    fills_up: float = 0.0
    full_seconds: float = 30.0
    write_fails: float = 0.0
    sync_fails: float = 0.0
    commit_lies: float = 0.0


NO_DISK_FAULTS = DiskFaults()
