"""A key of the timeline's chain, for storage that is opened in tests."""

TIMELINE_KEY = b"a timeline's key of 32 bytes ..."
