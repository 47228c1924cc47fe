"""The root of the tree: banks, and merchants with their payments."""

import structlog
import trio
from attrs import frozen

from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.actors.merchant import Merchant
from pgw.actors.payment import PaymentPorts, SubmitPayment, interrupted
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import BankFeature
from pgw.domain.errors import Refusal
from pgw.domain.job import Job
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Result
from pgw.storage.port import Change, StorageUnavailable

# More than one merchant can use up, which backs off by at most the longest delay.
INTENSITY = RestartIntensity(restarts=30, within=60)
TAKEN_UP_AT_A_TIME = 500
_log = structlog.get_logger()


@frozen
class GatewayLimits:
    """How many payments may be in flight, in all and for one merchant."""

    in_flight: int
    in_flight_a_merchant: int


class Gateway:
    """Knows each merchant's actor, and starts it when its first command comes."""

    def __init__(self, ports: PaymentPorts, limits: GatewayLimits) -> None:
        self._ports = ports
        self._limits = limits
        self._in_flight = InFlight(limits.in_flight)
        self._merchants: dict[str, Merchant] = {}
        self._supervisor = Supervisor("gateway", INTENSITY, ports.clock)
        self._is_draining = False

    @property
    def bank_features(self) -> frozenset[BankFeature]:
        return self._ports.bank.features

    @property
    def in_flight(self) -> int:
        """How many payments await the bank's first answer."""
        return self._in_flight.count

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    async def run(self) -> None:
        """Supervise the tree until cancelled.

        Raises `RestartIntensityExceeded` inside exception groups, which ends the process.
        """
        bank = self._ports.bank
        await self._supervisor.run(ChildSpec(f"bank {bank.name}", bank.run, Restart.PERMANENT))

    async def recover(self) -> None:
        """Take up what a stop or a crash left without an outcome; before the first command comes.

        Raises `StorageUnavailable` where it cannot be written.
        """
        while interrupted_changes := await self._ports.storage.interrupted(TAKEN_UP_AT_A_TIME):
            _log.warning("PaymentsInterrupted", Count=len(interrupted_changes))
            async with trio.open_nursery() as nursery:
                for change in interrupted_changes:
                    nursery.start_soon(self._take_up, change)

    def admit_no_more(self) -> None:
        """Refuse commands from now on, before the process ends."""
        self._is_draining = True

    async def drained(self, grace: float) -> None:
        """Wait at most `grace` seconds until nothing is in flight; the next start takes up what is left."""
        with trio.move_on_after(grace):
            await self._in_flight.emptied()

    def submit(self, command: SubmitPayment) -> Result[None, Refusal]:
        """Hand a command to its merchant's actor, which answers `command.reply_to`."""
        if self._is_draining:
            return Err(Refusal.SHUTTING_DOWN)
        merchant = self._merchants.get(command.merchant_id) or self._start_merchant(command.merchant_id)
        return merchant.ref.tell(command)

    def _start_merchant(self, merchant_id: str) -> Merchant:
        in_flight = InFlight(self._limits.in_flight_a_merchant, self._in_flight)
        merchant = self._merchants[merchant_id] = Merchant(merchant_id, self._ports, in_flight)
        self._supervisor.start_child(ChildSpec(f"merchant {merchant_id}", merchant.run, Restart.PERMANENT))
        return merchant

    async def _take_up(self, change: Change) -> None:
        match await self._ports.storage.write(interrupted(change, self._ports.clock)):
            case Err(refusal):
                raise StorageUnavailable(refusal)


async def submit_payment(
    gateway: Gateway, merchant_id: str, order: PaymentOrder, request_id: str
) -> Result[Job, Refusal]:
    """Submit an order and wait for its job, which is durable then.

    Raises `ReplyAbandoned` where the actor crashed: whether it was accepted is not known.
    """
    reply: Reply[Result[Job, Refusal]] = Reply()
    match gateway.submit(SubmitPayment(merchant_id, order, request_id, reply)):
        case Err(refusal):
            return Err(refusal)
        case _:
            return await reply.wait()
