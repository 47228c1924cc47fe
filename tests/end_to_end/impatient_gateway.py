"""The gateway's own program, which waits for its clients as long as a test does."""

from functools import partial

from pgw import cli, service
from pgw.http.open_connections import OpenConnections
from pgw.http.patience import Patience

IMPATIENT = Patience(
    first_byte=2, head=2, body=2, discard=1, keep_alive=3, sending=2, ping=0.5, pong=3, left=2, look=0.1
)

if __name__ == "__main__":
    vars(service)["OpenConnections"] = partial(OpenConnections, IMPATIENT)
    cli.main()
