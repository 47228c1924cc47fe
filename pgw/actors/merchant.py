"""A merchant: admits its commands, and supervises one child a job."""

from functools import partial

import trio

from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Mailbox
from pgw.actors.operation import OperationActor, SubmitOperation
from pgw.actors.payment import PaymentActor, SubmitPayment
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.domain.errors import Refusal
from pgw.domain.result import Err

MAILBOX_CAPACITY = 1000
INTENSITY = RestartIntensity(restarts=50, within=10)
Command = SubmitPayment | SubmitOperation


class Merchant:
    """Its mailbox, and which jobs are at work, outlive a crash of what runs."""

    def __init__(self, merchant_id: str, ports: PaymentPorts, in_flight: InFlight) -> None:
        self._id = merchant_id
        self._ports = ports
        self._in_flight = in_flight
        self._mailbox = Mailbox[Command](MAILBOX_CAPACITY)
        self.ref = self._mailbox.ref
        # A dictionary without values: a set that keeps its order.
        self._at_work: dict[str, None] = {}
        # Keys of commands that are not answered yet; storage knows those of the others.
        self._keys_in_use: dict[str, None] = {}
        self._runs = 0

    @property
    def depth(self) -> int:
        """How many commands wait in its mailbox."""
        return self._mailbox.depth

    async def run(self) -> None:
        """Admit commands; after a crash, let the jobs rest that it ended, from where they are taken up.

        A merchant that crashes again and again backs off, so that alone it never brings the gateway down.
        """
        if self._runs:
            await trio.sleep(self._ports.backoff.delay(self._runs))
        self._runs += 1
        supervisor = Supervisor(f"merchant {self._id}", INTENSITY, self._ports.clock, self._ports.measures)

        async def admission() -> None:
            while True:
                self._admit(await self._mailbox.receive(), supervisor)

        if self._at_work:
            await self._ports.let_rest(list(self._at_work))
            self._at_work.clear()
        admit = ChildSpec(f"admission of merchant {self._id}", admission, Restart.PERMANENT)
        await supervisor.run(admit)

    def _admit(self, command: Command, supervisor: Supervisor) -> None:
        if command.key in self._keys_in_use:
            command.reply_to.answer(Err(Refusal.IDEMPOTENCY_KEY_IN_USE))
            return
        if not self._in_flight.admit():
            command.reply_to.answer(Err(Refusal.OVERLOADED))
            return
        if command.key is not None:
            self._keys_in_use[command.key] = None
            command.reply_to.on_end(partial(self._keys_in_use.pop, command.key))
        try:
            job_id = self._ports.ids.new("job")
            self._at_work[job_id] = None
            supervisor.start_child(self._job(job_id, command))
        except Exception:
            # A bug here; from here on the job's actor sees to both.
            self._in_flight.release()
            command.reply_to.abandon()
            raise

    def _job(self, job_id: str, command: Command) -> ChildSpec:
        actor = self._actor(job_id, command)

        async def run() -> None:
            await actor.run()
            del self._at_work[job_id]

        if isinstance(command, SubmitPayment):
            return ChildSpec(f"payment {job_id}", run, Restart.TRANSIENT)
        return ChildSpec(f"operation {job_id}", run, Restart.TRANSIENT)

    def _actor(self, job_id: str, command: Command) -> PaymentActor | OperationActor:
        if isinstance(command, SubmitPayment):
            return PaymentActor(self._ports, job_id, self._in_flight, command)
        return OperationActor(self._ports, job_id, self._in_flight, command)
