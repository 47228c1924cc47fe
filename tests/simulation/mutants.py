"""Bugs to be planted, each of which the simulation must catch: a harness that does not is broken itself."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from tests.simulation import (
    mutants_of_operations,
    mutants_of_payments,
    mutants_of_settling,
    mutants_of_storage,
    mutants_of_streams,
    mutants_of_webhooks,
)

Mutant = Callable[[], AbstractContextManager[object]]

MUTANTS: Mapping[str, Mutant] = {
    "accepted-before-commit": mutants_of_payments.accepted_before_commit,
    "new-reference-after-time-out": mutants_of_payments.new_reference_after_time_out,
    "no-check-of-the-key": mutants_of_storage.no_check_of_the_key,
    "time-out-is-failure": mutants_of_payments.time_out_is_failure,
    "never-seen-is-trusted": mutants_of_settling.never_seen_is_trusted,
    "sent-before-the-intent": mutants_of_payments.sent_before_the_intent,
    "not-every-commit-synced": mutants_of_storage.not_every_commit_synced,
    "commit-error-means-no": mutants_of_storage.commit_error_means_no,
    "approval-after-reversal": mutants_of_settling.approval_after_reversal,
    "answer-of-another-call": mutants_of_settling.answer_of_another_call,
    "dead-life-commits": mutants_of_storage.dead_life_commits,
    "recovery-skips-one": mutants_of_storage.recovery_skips_one,
    "event-before-commit": mutants_of_storage.event_before_commit,
    "second-read-left-out": mutants_of_streams.second_read_left_out,
    "told-again-live": mutants_of_streams.told_again_live,
    "forgotten-in-silence": mutants_of_streams.forgotten_in_silence,
    "webhook-before-commit": mutants_of_webhooks.told_before_commit,
    "delivered-before-sent": mutants_of_webhooks.delivered_before_sent,
    "next-not-waiting": mutants_of_webhooks.next_not_waiting,
    "failed-is-delivered": mutants_of_webhooks.failed_is_delivered,
    "webhooks-not-taken-up": mutants_of_webhooks.not_taken_up,
    "disabled-without-a-word": mutants_of_webhooks.disabled_without_a_word,
    "refund-check-outside-turn": mutants_of_operations.refund_check_outside_the_turn,
    "refund-reversed-as-payment": mutants_of_operations.refund_reversed_as_payment,
    "refund-failed-by-time-out": mutants_of_operations.refund_failed_by_time_out,
    "unseen-capture-failed": mutants_of_operations.unseen_capture_failed,
    "void-given-up": mutants_of_operations.void_given_up,
    "void-reversed": mutants_of_operations.void_reversed,
    "freed-while-unknown": mutants_of_operations.freed_while_unknown,
    "stale-payment-written": mutants_of_operations.stale_payment_written,
    "operation-after-reversal": mutants_of_operations.operation_accepted_after_reversal,
    "capture-under-new-reference": mutants_of_operations.capture_under_new_reference,
}
