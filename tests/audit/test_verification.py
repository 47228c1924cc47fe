"""Whatever is done to a chain without its key is found, at the first entry that it was done to."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from pgw.audit.verification import Fault, KeptHead, Wrong
from pgw.domain.timeline import ChainHead, SealedEntry
from tests.audit.chains import DOCUMENT, KEY, OTHER_KEY, Chain, a_chain, head_of, sealed

NUMBER = 5
PAYMENT = "pay_c"


def found(chain: Chain, *, page: int = 1000) -> tuple[Wrong, int, str | None]:
    (fault,) = chain.faults(page=page)
    return fault.wrong, fault.number, fault.payment_id


def but(chain: Chain, number: int, **changes: Any) -> Chain:
    """Return a chain of which one entry was changed."""
    entries = list(chain.entries)
    entries[number - 1] = evolve(entries[number - 1], **changes)
    return evolve(chain, entries=tuple(entries))


@pytest.mark.parametrize("page", [1, 3, 10, 1000])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_a_chain_that_nobody_touched_is_verified_whole(count: int, page: int) -> None:
    walked = a_chain(count).walked(page=page)
    assert ((), count, count) == (walked.faults, walked.verified, walked.number)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("payment_id", "pay_x"),
        ("job_id", "job_x"),
        ("document", DOCUMENT % "declined"),
        ("hash", "f" * 64),
        ("sealed_by", "ffffffff"),
    ],
)
def test_a_changed_column_is_found_at_its_entry(column: str, value: str) -> None:
    of = value if column == "payment_id" else PAYMENT
    assert (Wrong.CHANGED, NUMBER, of) == found(but(a_chain(9), NUMBER, **{column: value}))


def test_one_that_was_removed_is_missing() -> None:
    chain = a_chain(9)
    without = chain.entries[: NUMBER - 1] + chain.entries[NUMBER:]
    (fault,) = evolve(chain, entries=without).faults()
    assert (Wrong.MISSING, NUMBER, None) == (fault.wrong, fault.number, fault.payment_id)
    assert "The next one that is there is 6, of payment pay_a." == fault.detail


def test_two_in_each_others_place_are_out_of_order() -> None:
    chain = a_chain(9)
    one, other = chain.entries[NUMBER - 1 : NUMBER + 1]
    swapped = list(chain.entries)
    swapped[NUMBER - 1 : NUMBER + 1] = [evolve(other, number=NUMBER), evolve(one, number=NUMBER + 1)]
    (fault,) = evolve(chain, entries=tuple(swapped)).faults()
    assert (Wrong.OUT_OF_ORDER, NUMBER, "pay_a") == (fault.wrong, fault.number, fault.payment_id)
    assert "What belongs there stands at 6, and is of payment pay_c." == fault.detail


def test_one_that_was_given_another_number_is_out_of_order() -> None:
    chain = a_chain(9)
    moved = tuple(one for one in chain.entries if one.number != NUMBER)
    moved += (evolve(chain.entries[NUMBER - 1], number=12),)
    assert (Wrong.OUT_OF_ORDER, NUMBER, None) == found(evolve(chain, entries=moved))


@pytest.mark.parametrize("left", [0, 1, 8])
def test_a_tail_that_was_cut_off_is_found_by_the_head(left: int) -> None:
    chain = a_chain(9)
    assert (Wrong.CUT_OFF, left + 1, None) == found(evolve(chain, entries=chain.entries[:left]))


@pytest.mark.parametrize("left", [0, 1, 8])
def test_so_it_is_where_the_head_was_put_back_with_it(left: int) -> None:
    """With the values that stand in the newest row that is left, and the seal that there is."""
    chain = a_chain(9)
    assert chain.head is not None
    older = evolve(head_of(chain.entries[:left]), seal=chain.head.seal)
    cut_off = Chain(chain.entries[:left], older)
    assert (Wrong.HEAD_REPLACED, left + 1, None) == found(cut_off)


def test_a_head_as_before_the_first_start_is_not_taken_for_one() -> None:
    virgin = ChainHead(0, "0" * 64, "", "")
    assert (Wrong.NEVER_BEGUN, 1, None) == found(Chain((), virgin))
    assert (Wrong.HEAD_REPLACED, 1, None) == found(Chain(sealed(3), virgin))


def test_a_head_that_is_gone_or_was_put_back_is_found() -> None:
    chain = a_chain(9)
    assert (Wrong.HEAD_REPLACED, 10, None) == found(evolve(chain, head=None))
    assert (Wrong.HEAD_REPLACED, 5, None) == found(evolve(chain, head=head_of(chain.entries[:4])))


def test_one_that_was_added_is_found() -> None:
    chain = a_chain(9)
    last = chain.entries[-1]
    assert (Wrong.CHANGED, 10, "pay_a") == found(
        evolve(chain, entries=(*chain.entries, evolve(last, number=10)))
    )
    genuine = sealed(1, before=chain.entries)  # as a copy of the database has it
    assert (Wrong.HEAD_REPLACED, 10, None) == found(evolve(chain, entries=genuine))


def test_what_is_under_another_secret_is_said_to_be_so_and_what_is_behind_it_is_verified() -> None:
    """The secret was lost once: nothing is forged, and nothing of before can be judged."""
    entries = sealed(4, before=sealed(3, OTHER_KEY))
    walked = Chain(entries, head_of(entries)).walked(page=2)
    (fault,) = walked.faults
    assert (Wrong.ANOTHER_SECRET, 1, "pay_b") == (fault.wrong, fault.number, fault.payment_id)
    assert OTHER_KEY.fingerprint in fault.detail
    assert (4, 7) == (walked.verified, walked.number)


def test_what_is_wrong_behind_what_cannot_be_judged_is_found_too() -> None:
    entries = sealed(4, before=sealed(3, OTHER_KEY))
    chain = but(Chain(entries, head_of(entries)), 6, document="{}")
    assert [(Wrong.ANOTHER_SECRET, 1), (Wrong.CHANGED, 6)] == [
        (fault.wrong, fault.number) for fault in chain.faults()
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_a_chain_that_is_under_another_secret_to_its_end_is_said_to_be_so(count: int) -> None:
    entries = sealed(count, OTHER_KEY)
    (fault,) = Chain(entries, head_of(entries, OTHER_KEY)).faults()
    assert (Wrong.ANOTHER_SECRET, 1) == (fault.wrong, fault.number)


def test_a_kept_head_is_found_in_the_chain_that_has_grown_since() -> None:
    chain = a_chain(9)
    for kept in (0, 1, 4, 9):
        head = head_of(chain.entries[:kept])
        assert () == chain.faults(kept=KeptHead(head.number, head.hash), page=3)


def test_a_whole_database_that_was_put_back_is_found_by_a_kept_head() -> None:
    chain = a_chain(9)
    kept = KeptHead(9, chain.entries[-1].hash)
    older = Chain(chain.entries[:6], head_of(chain.entries[:6]))
    assert () == older.faults()
    assert [(Wrong.NOT_THE_HEAD_KEPT, 7)] == [(one.wrong, one.number) for one in older.faults(kept=kept)]
    # Gone on with since.
    entries = list(older.entries)
    for number in range(7, 12):
        document = DOCUMENT % "another life"
        newest = KEY.hash_of(entries[-1].hash, number, "pay_d", "job_d", document)
        entries.append(SealedEntry(number, "pay_d", "job_d", document, KEY.fingerprint, newest))
    grown = Chain(tuple(entries), head_of(entries))
    assert () == grown.faults()
    (fault,) = grown.faults(kept=kept)
    assert (Wrong.NOT_THE_HEAD_KEPT, 9, "pay_d") == (fault.wrong, fault.number, fault.payment_id)


def test_what_was_sealed_in_another_life_of_the_database_does_not_fit_in() -> None:
    """Put back once and gone on with, it has genuine entries of the same numbers that tell something else."""
    entries = list(sealed(4))
    for number in range(5, 8):
        of = ("pay_d", "job_d", DOCUMENT % "another life")
        newest = KEY.hash_of(entries[-1].hash, number, *of)
        entries.append(SealedEntry(number, *of, KEY.fingerprint, newest))
    chain = a_chain(9)
    for number, first_bad in ((5, 6), (6, 6), (7, 7)):
        spliced = (*chain.entries[: number - 1], entries[number - 1], *chain.entries[number:])
        (fault,) = evolve(chain, entries=spliced).faults()
        assert (Wrong.CHANGED, first_bad) == (fault.wrong, fault.number)


COUNT = 12
COLUMNS = ("payment_id", "job_id", "document", "sealed_by", "hash")


@given(number=st.integers(1, COUNT), column=st.sampled_from(COLUMNS), data=st.data(), page=st.integers(1, 15))
def test_any_change_of_a_text_is_found_at_its_entry(
    number: int, column: str, data: st.DataObject, page: int
) -> None:
    chain = a_chain(COUNT)
    was = getattr(chain.entries[number - 1], column)
    at = data.draw(st.integers(0, len(was)))
    # What stands for bytes that are no Unicode, too.
    put = data.draw(st.text(st.one_of(st.characters(codec="utf-8"), st.just("\udc80")), max_size=2))
    now = was[:at] + put + was[at + data.draw(st.integers(0, 2)) :]
    assume(now != was)
    faults = but(chain, number, **{column: now}).faults(page=page)
    assert number == faults[0].number


@given(st.permutations(range(1, COUNT + 1)), st.integers(1, 15))
def test_any_other_order_is_found_at_the_first_that_is_not_in_its_place(order: list[int], page: int) -> None:
    chain = a_chain(COUNT)
    assume(order != sorted(order))
    entries = tuple(
        evolve(chain.entries[one - 1], number=number) for number, one in enumerate(order, start=1)
    )
    first = next(number for number, one in enumerate(order, start=1) if number != one)
    faults = evolve(chain, entries=entries).faults(page=page)
    assert first == faults[0].number


@given(st.sets(st.integers(1, COUNT), min_size=1), st.integers(1, 15))
def test_whatever_is_removed_is_found_at_the_first_of_it(removed: set[int], page: int) -> None:
    chain = a_chain(COUNT)
    left = tuple(one for one in chain.entries if one.number not in removed)
    faults = evolve(chain, entries=left).faults(page=page)
    assert min(removed) == faults[0].number


@given(st.data())
def test_any_change_of_the_head_is_found(data: st.DataObject) -> None:
    chain = a_chain(COUNT)
    assert chain.head is not None
    column = data.draw(st.sampled_from(("number", "hash", "sealed_by", "seal")))
    values = st.integers(0, 2 * COUNT) if column == "number" else st.text("0123456789abcdef", max_size=64)
    changes: dict[str, Any] = {column: data.draw(values)}
    head = evolve(chain.head, **changes)
    assume(head != chain.head)
    (fault,) = evolve(chain, head=head).faults()
    assert isinstance(fault, Fault)
