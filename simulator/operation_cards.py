"""Cards whose payments are approved and whose operations go wrong."""

from collections.abc import Mapping

from simulator.booking import Kind, Misbehaviour
from simulator.faults import Fault

CARDS: Mapping[str, Misbehaviour] = {
    "4000009900000111": Misbehaviour.CAPTURE_DECLINED,
    "4000009900000129": Misbehaviour.VOID_DECLINED,
    "4000009900000137": Misbehaviour.REFUND_DECLINED,
    "4000009900000145": Misbehaviour.CAPTURE_LOST,
    "4000009900000152": Misbehaviour.REFUND_LOST,
    "4000009900000160": Misbehaviour.CAPTURE_DELAYED,
    "4000009900000178": Misbehaviour.REFUND_DELAYED,
}
DECLINED: Mapping[Misbehaviour, Kind] = {
    Misbehaviour.CAPTURE_DECLINED: Kind.CAPTURE,
    Misbehaviour.VOID_DECLINED: Kind.VOID,
    Misbehaviour.REFUND_DECLINED: Kind.REFUND,
}
FAULTS: Mapping[Misbehaviour, tuple[Kind, Fault]] = {
    Misbehaviour.CAPTURE_LOST: (Kind.CAPTURE, Fault.DROP_AFTER_BOOKING),
    Misbehaviour.REFUND_LOST: (Kind.REFUND, Fault.DROP_AFTER_BOOKING),
    Misbehaviour.CAPTURE_DELAYED: (Kind.CAPTURE, Fault.DELAYED),
    Misbehaviour.REFUND_DELAYED: (Kind.REFUND, Fault.DELAYED),
}


def declines(misbehaviour: Misbehaviour | None, kind: Kind) -> bool:
    """Tell whether an operation of this kind is declined, whatever the rules say."""
    return misbehaviour is not None and DECLINED.get(misbehaviour) is kind


def operation_fault(misbehaviour: Misbehaviour | None, kind: Kind) -> Fault | None:
    """Say how the bank misbehaves over an operation of this kind."""
    if misbehaviour is None or misbehaviour not in FAULTS:
        return None
    afflicted, fault = FAULTS[misbehaviour]
    return fault if afflicted is kind else None
