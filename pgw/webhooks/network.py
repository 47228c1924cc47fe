import httpcore


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, and to no others, unless `allow_private`."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
