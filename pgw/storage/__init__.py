"""KEPT WHERE: the storage port, and the embedded engine behind it."""
