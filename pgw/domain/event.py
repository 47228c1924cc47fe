"""What a merchant is told, in the one order in which it was committed."""

from pgw.domain.job import JobEvent
from pgw.domain.webhook import EndpointDisabled

Event = JobEvent | EndpointDisabled
"""An entry of a merchant's event log. `seq` is the merchant's own, contiguous from 1."""
