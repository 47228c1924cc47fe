"""Why a request was refused: one shape for all, and a page for each code."""
