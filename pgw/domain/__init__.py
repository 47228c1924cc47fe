"""WHAT a payment is. Pure: no input or output, no clock, no ids made, no Trio, no logging."""
