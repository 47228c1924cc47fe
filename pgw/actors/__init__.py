"""HOW IT RUNS AND FAILS: the supervision tree of gateway, banks, merchants and payments."""
