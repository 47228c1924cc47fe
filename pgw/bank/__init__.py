"""SETTLED BY WHOM: the bank port, and the HTTP connector behind it."""
