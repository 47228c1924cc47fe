"""What the interface is, told from the route table that serves it: to machines, and to people."""
