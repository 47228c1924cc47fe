"""A bank that answers each kind of call as the test says."""

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorize,
    BankFeature,
    Call,
    Capture,
    Doubtful,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotSent,
    Pending,
    Refund,
    Reverse,
    Reversed,
    Void,
)
from tests.actors.fake_bank import YES, FakeConnector, Perform, says_in_turn

EVERYTHING = frozenset(BankFeature)
DOUBT, UNAVAILABLE, REFUSED_PORT = Doubtful("reset"), NotProcessed(), NotSent("refused")
PENDING, NEVER_SEEN, REVERSED = Pending(), NeverSeen(), Reversed()


def says(*answers: Answer) -> Perform:
    """Give one answer after the other, and keep to the last."""
    return says_in_turn(answers)


class KnowingBank(FakeConnector):
    """Without a word from the test it approves, has never seen what it is asked about, and reverses it."""

    def __init__(
        self,
        authorize: Perform | None = None,
        look_up: Perform | None = None,
        reverse: Perform | None = None,
        operate: Perform | None = None,
        features: frozenset[BankFeature] = EVERYTHING,
    ) -> None:
        super().__init__(self._perform)
        self.features = features
        self.authorize = authorize or says(YES)
        self.look_up = look_up or says(NEVER_SEEN)
        self.reverse = reverse or says(REVERSED)
        self.operate = operate or says(Accepted())

    async def _perform(self, call: Call) -> Answer:
        match call:
            case Authorize():
                return await self.authorize(call)
            case Capture() | Void() | Refund():
                return await self.operate(call)
            case LookUp():
                return await self.look_up(call)
            case Reverse():
                return await self.reverse(call)

    @property
    def calls(self) -> list[type[Call]]:
        return [type(asked.call) for asked in self.asked]

    def times_of(self, kind: type[Call]) -> list[float]:
        """Return when it was asked that, in monotonic seconds."""
        return [asked.at for asked in self.asked if isinstance(asked.call, kind)]

    def forget(self) -> None:
        self.asked.clear()
