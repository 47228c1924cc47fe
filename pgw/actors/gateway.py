"""The root of the tree: banks, and merchants with their payments."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
from attrs import frozen

from pgw.actors import operation
from pgw.actors.bank import Bank
from pgw.actors.expiry import Expiry
from pgw.actors.housekeeping import EVENTS_KEPT_FOR, Housekeeping
from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.actors.merchant import Merchant
from pgw.actors.operation import SubmitOperation
from pgw.actors.payment import Accepted, MakeClaim, SubmitPayment
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.recovery import Recovery
from pgw.actors.settlement import CannotSettle, Settled, SettlePayment, Verdict
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.actors.trusted_time import TrustedTime
from pgw.bank.port import BankFeature
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.operation import OperationOrder
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Result
from pgw.storage.port import Change

# More than one merchant can use up, which backs off by at most the longest delay.
INTENSITY = RestartIntensity(restarts=30, within=60)
_log = structlog.get_logger()


@frozen
class GatewayLimits:
    """How many payments may be in flight, in all and for one merchant, and how many taken up at a time.

    Events are kept for at least so long.
    """

    in_flight: int
    in_flight_a_merchant: int
    taken_up: int
    events_kept_for: timedelta = EVENTS_KEPT_FOR


class Gateway:
    """Knows each merchant's actor, and starts it when its first command comes.

    It supervises what is `beside` payments too.
    """

    def __init__(
        self, ports: PaymentPorts, limits: GatewayLimits, *, beside: Sequence[ChildSpec] = ()
    ) -> None:
        self._ports = ports
        self._limits = limits
        self._beside = beside
        self._in_flight = InFlight(limits.in_flight)
        self._merchants: dict[str, Merchant] = {}
        self._recovery = Recovery(ports, limits.taken_up)
        self._time = TrustedTime(ports.clock)
        self._expiry = Expiry(ports, self._time, limits.taken_up)
        self._supervisor = Supervisor("gateway", INTENSITY, ports.clock, ports.measures)
        self._is_draining = False

    @property
    def bank_features(self) -> frozenset[BankFeature]:
        return self._ports.bank.features

    @property
    def bank(self) -> Bank:
        return self._ports.bank

    @property
    def depths(self) -> Mapping[str, int]:
        """How many messages wait in each mailbox; of the merchants' in the fullest one."""
        return {
            "merchant": max((merchant.depth for merchant in self._merchants.values()), default=0),
            "settling": self._recovery.depth,
            "bank": self.bank.depth,
        }

    @property
    def in_flight(self) -> int:
        """How many payments await the bank's first answer."""
        return self._in_flight.count

    @property
    def trusts_clock(self) -> bool:
        """Whether what has expired is voided, and what is old is forgotten, by the wall's clock."""
        return self._time.seconds_left == 0

    @property
    def seconds_behind_expiry(self) -> float:
        """For how long an authorization has been expired that was free to be voided."""
        return self._expiry.seconds_behind

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    async def run(self) -> None:
        """Supervise the tree until cancelled.

        Raises `RestartIntensityExceeded` inside exception groups, which ends the process.
        """
        bank = self._ports.bank
        housekeeping = Housekeeping(self._ports.storage, self._time, self._limits.events_kept_for)
        await self._supervisor.run(
            ChildSpec(f"bank {bank.name}", bank.run, Restart.PERMANENT),
            ChildSpec("recovery", self._recovery.run, Restart.PERMANENT),
            ChildSpec("housekeeping", housekeeping.run, Restart.PERMANENT),
            ChildSpec("expiry", self._expiry.run, Restart.PERMANENT),
            *self._beside,
        )

    async def recover(self) -> None:
        """Let what a stop or a crash left without an outcome rest in storage, from where it is taken up.

        Only before the first command comes, since nobody works at any payment then. Raises
        `StorageUnavailable` where it cannot be written.
        """
        outcomes = [AttemptOutcome.INTENDED]
        if BankFeature.LOOK_UP in self.bank_features:
            # Where the bank could not be asked until now.
            outcomes.append(AttemptOutcome.DOUBTFUL)
        left = await self._ports.storage.let_rest(self._ports.clock.now(), outcomes)
        if left:
            _log.warning("PaymentsInterrupted", Count=left)

    def admit_no_more(self) -> None:
        """Refuse commands from now on, before the process ends."""
        self._is_draining = True
        self._expiry.begin_no_more()

    async def drained(self) -> None:
        """Wait until nothing is in flight; the next start takes up what is left where nobody waits for it."""
        await self._in_flight.emptied()
        await self._expiry.drained()

    def submit(self, command: SubmitPayment | SubmitOperation) -> Result[None, Refusal]:
        """Hand a command to its merchant's actor, which answers `command.reply_to`."""
        if self._is_draining:
            return Err(Refusal.SHUTTING_DOWN)
        merchant = self._merchants.get(command.merchant_id) or self._start_merchant(command.merchant_id)
        return merchant.ref.tell(command)

    def settle(self, command: SettlePayment) -> Result[None, Refusal]:
        """Hand over an operator's word, which is answered at `command.reply_to`."""
        return self._recovery.submit(command)

    def _start_merchant(self, merchant_id: str) -> Merchant:
        in_flight = InFlight(self._limits.in_flight_a_merchant, self._in_flight)
        merchant = self._merchants[merchant_id] = Merchant(merchant_id, self._ports, in_flight)
        self._supervisor.start_child(ChildSpec(f"merchant {merchant_id}", merchant.run, Restart.PERMANENT))
        return merchant


async def submit_payment(
    gateway: Gateway,
    merchant_id: str,
    order: PaymentOrder,
    request_id: str,
    *,
    key: str | None = None,
    make_claim: MakeClaim | None = None,
) -> Accepted:
    """Submit an order and wait for its job, which is durable then, or for what its key was used for before.

    Raises `ReplyAbandoned` where the actor crashed: whether it was accepted is not known.
    """
    reply: Reply[Accepted] = Reply()
    match gateway.submit(SubmitPayment(merchant_id, order, request_id, reply, key, make_claim)):
        case Err(refusal):
            return Err(refusal)
        case _:
            return await reply.wait()


async def submit_operation(
    gateway: Gateway,
    merchant_id: str,
    payment_id: str,
    order: OperationOrder,
    request_id: str,
    *,
    key: str | None = None,
    make_claim: MakeClaim | None = None,
) -> operation.Accepted:
    """Submit a capture, a void or a refund and wait for its job, as `submit_payment` does.

    Raises `ReplyAbandoned` where the actor crashed: whether it was accepted is not known.
    """
    reply: Reply[operation.Accepted] = Reply()
    command = SubmitOperation(merchant_id, payment_id, order, request_id, reply, key, make_claim)
    match gateway.submit(command):
        case Err(refusal):
            return Err(refusal)
        case _:
            return await reply.wait()


async def settle_payment(
    gateway: Gateway, job_id: str, verdict: Verdict, reason: str
) -> Result[Change, CannotSettle | Refusal]:
    """Settle as an operator says, and wait until it is durable.

    Raises `ReplyAbandoned` where the actor crashed: whether it was settled is not known.
    """
    reply: Reply[Settled] = Reply()
    match gateway.settle(SettlePayment(job_id, verdict, reason, reply)):
        case Err(refusal):
            return Err(refusal)
        case _:
            return await reply.wait()
