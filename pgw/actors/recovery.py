"""Takes up what rests in storage when it is due, a bounded number at a time."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog
import trio
from attrs import define

from pgw.actors.backoff import Backoff
from pgw.actors.investigation import investigate
from pgw.actors.mailbox import Mailbox
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.settlement import CannotSettle, SettlePayment, settle
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import BankFeature
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Result
from pgw.storage.port import Change, StorageUnavailable

LOOK_EVERY_SECONDS = 1.0
SETTLE_SECONDS = 30.0
COMMANDS = 100
CRASHED_FIRST_SECONDS = 20.0
CRASHED_LONGEST_SECONDS = 600.0
_log = structlog.get_logger()


@define(eq=False)
class _Investigation:
    """One step for one job; after a crash, from what is stored then."""

    ports: PaymentPorts
    change: Change
    after_crash: Backoff
    crashes: int = -1

    async def run(self) -> None:
        self.crashes += 1
        change: Change | None = self.change
        if self.crashes:
            await trio.sleep(self.after_crash.delay(self.crashes))
            change = await self.ports.storage.change_of(self.change.job.id)
        if change is not None and change.attempt.due_at is not None:
            await investigate(self.ports, change)


class Recovery:
    """Looks for what is due, and supervises one child for each job that it took up.

    At most `at_a_time` jobs are taken up; the rest costs no memory. No other actor writes them meanwhile.
    One whose investigation crashes waits before it is taken up again, so that it brings nothing down.
    """

    def __init__(self, ports: PaymentPorts, at_a_time: int) -> None:
        self._ports = ports
        self._after_crash = Backoff(CRASHED_FIRST_SECONDS, CRASHED_LONGEST_SECONDS, ports.schedule.randomness)
        self._at_a_time = at_a_time
        self._mailbox = Mailbox[SettlePayment](COMMANDS)
        self._at_work: dict[str, trio.Event] = {}
        # What was at work at any time since storage was asked for what is due.
        self._since_asked: dict[str, None] = {}
        self._has_room = trio.Event()

    async def run(self) -> None:
        """Supervise the schedule, the operator's commands, and what they took up, until cancelled."""
        # What a crash cut short may still be being written. This is behind it, and so is what is read next.
        await self._ports.let_rest(list(self._at_work))
        self._at_work.clear()
        # Each child waits at least ten seconds before it restarts, so this is a bug of the schedule itself.
        intensity = RestartIntensity(restarts=2 * self._at_a_time + 10, within=10)
        supervisor = Supervisor("recovery", intensity, self._ports.clock, self._ports.measures)
        schedule = ChildSpec("schedule", partial(self._keep_schedule, supervisor), Restart.PERMANENT)
        settling = ChildSpec("settling", partial(self._obey, supervisor), Restart.PERMANENT)
        await supervisor.run(schedule, settling)

    @property
    def depth(self) -> int:
        """How many of the operator's commands wait."""
        return self._mailbox.depth

    def submit(self, command: SettlePayment) -> Result[None, Refusal]:
        """Hand over an operator's command, which answers `command.reply_to`."""
        return self._mailbox.ref.tell(command)

    async def _keep_schedule(self, supervisor: Supervisor) -> None:
        while True:
            room = self._room
            due = await self._due(room)
            for change in due:
                # Of what was at work at any time since storage was asked, its answer is old.
                if change.job.id not in self._since_asked:
                    self._start(supervisor, change)
            self._has_room = trio.Event()
            with trio.move_on_after(LOOK_EVERY_SECONDS):
                if len(due) < room:
                    await trio.sleep_forever()
                await self._has_room.wait()

    @property
    def _room(self) -> int:
        """How many more to take up. While the bank fails they wait: asking in vain would put them off."""
        bank = self._ports.bank
        room = self._at_a_time - len(self._at_work)
        if not bank.features.isdisjoint({BankFeature.LOOK_UP, BankFeature.CAPTURE_LATER}):
            # What is in doubt is looked up, and a void repeated.
            room = min(room, bank.room)
        # What is being settled may come on top; a limit below 0 is none to SQLite.
        return max(0, room)

    async def _due(self, room: int) -> Sequence[Change]:
        """Return what is due and not at work, as much as there is room for."""
        ports, now = self._ports, self._ports.clock.now()
        self._since_asked = dict.fromkeys(self._at_work)
        horizon = now + timedelta(seconds=ports.schedule.longest)
        try:
            return await ports.storage.due(now, horizon, limit=room, but_not=list(self._at_work))
        except StorageUnavailable as error:
            _log.error("DueNotRead", Reason=error)
            return []

    def _start(self, supervisor: Supervisor, change: Change) -> None:
        investigation = _Investigation(self._ports, change, self._after_crash)
        job_id = change.job.id

        async def run() -> None:
            await investigation.run()
            self._end(job_id)

        self._begin(job_id)
        supervisor.start_child(ChildSpec(f"investigation of {job_id}", run, Restart.TRANSIENT))

    async def _obey(self, supervisor: Supervisor) -> None:
        while True:
            command = await self._mailbox.receive()
            settling = partial(self._settle, command)
            supervisor.start_child(ChildSpec(f"settling of {command.job_id}", settling, Restart.TEMPORARY))

    async def _settle(self, command: SettlePayment) -> None:
        job_id = command.job_id
        try:
            with trio.move_on_after(SETTLE_SECONDS) as waiting:
                while job_id in self._at_work:
                    await self._at_work[job_id].wait()
            if waiting.cancelled_caught:
                command.reply_to.answer(Err(CannotSettle.BUSY))
                return
            self._begin(job_id)
            try:
                command.reply_to.answer(await settle(self._ports, command))
            except StorageUnavailable:
                command.reply_to.answer(Err(CannotSettle.STORAGE_UNAVAILABLE))
            finally:
                self._end(job_id)
        finally:
            command.reply_to.abandon()

    def _begin(self, job_id: str) -> None:
        assert job_id not in self._at_work, "one job has one writer"
        self._at_work[job_id] = trio.Event()
        self._since_asked[job_id] = None

    def _end(self, job_id: str) -> None:
        self._at_work.pop(job_id).set()
        # Half of all, so that one look takes up many.
        if len(self._at_work) * 2 <= self._at_a_time:
            self._has_room.set()
