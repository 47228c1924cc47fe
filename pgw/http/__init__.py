"""REACHED HOW: a folder is a feature, a file an endpoint."""
