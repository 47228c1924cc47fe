"""Compares the gateway's books with what a bank booked, to the cent."""
