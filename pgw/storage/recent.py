from collections import OrderedDict

from pgw.storage.port import Change


class RecentChanges:
    """The newest committed changes, by the ids of their job and their payment; the oldest give way.

    There is one writer, so what it committed last is what a read would find: most polls are about a payment
    that was just paid, and need no hop to another thread.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._by_job: OrderedDict[str, Change] = OrderedDict()
        self._by_payment: dict[str, Change] = {}

    def add(self, change: Change) -> None:
        """Remember a change that was committed."""
        self._by_job[change.job.id] = self._by_payment[change.payment.id] = change
        self._by_job.move_to_end(change.job.id)
        if len(self._by_job) > self._capacity:
            _, oldest = self._by_job.popitem(last=False)
            self._by_payment.pop(oldest.payment.id, None)

    def forget_payments(self) -> None:
        """Forget them all, where some were changed by no change of a job."""
        self._by_payment.clear()

    def of_job(self, job_id: str) -> Change | None:
        return self._by_job.get(job_id)

    def of_payment(self, payment_id: str) -> Change | None:
        return self._by_payment.get(payment_id)
