"""pgw: a payment gateway that never loses an accepted payment and never charges a card twice."""

__version__ = "0.1.0"
