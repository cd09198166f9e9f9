// Every metric of Kassa, declared once: a row here is all that a new one takes.
//
//   X(name, type, "what it counts", "label", "value,value,…")
//
// `name` becomes kassa_<name> (a counter's also ends in _total, a duration's in _seconds). Types:
//   counter    only ever grows                          metrics.counter(Metric::x).add()
//   gauge      goes both ways                           metrics.gauge(Metric::x).set(n)
//   duration   histogram of microseconds, as seconds    metrics.duration(Metric::x).observe(us)
//   size       histogram of counts, in powers of two    metrics.size(Metric::x).observe(n)
// A label's values are a closed list ("" for no label), so that no caller can make series without
// end; what isn't in it counts as "other". Nothing of a person or a payment is ever a label.
#pragma once

// clang-format off
#define KASSA_METRICS(X) \
  X(http_answers, counter, "Answers to HTTP requests, by status family", "status", "2xx,3xx,4xx,5xx") \
  X(http_connections_accepted, counter, "Connections accepted", "", "") \
  X(http_connections_refused, counter, "Connections refused because connections_max was reached", "", "") \
  X(http_accepts_failed, counter, "Times no connection could be accepted: no file descriptor or memory was left", "", "") \
  X(http_connections_open, gauge, "Connections open now", "", "") \
  X(http_bad_requests, counter, "Requests that the server itself answered or closed", "", "") \
  X(http_request, duration, "From a request's last byte to its answer", "", "") \
  X(signatures_verified, counter, "Signed requests, by what became of the signature", "result", "ok,missing_header,malformed_header,unknown_key,stale_timestamp,bad_signature,rate_limited") \
  X(commands, counter, "Commands decided, by outcome", "outcome", "applied,refused,failed,dropped_late,queue_full") \
  X(command_wait, duration, "How long a command waited in the queue", "", "") \
  X(queue_length, gauge, "Commands waiting now", "", "") \
  X(batch, size, "Commands in a batch", "", "") \
  X(batch_decide, duration, "Deciding a batch", "", "") \
  X(batch_commit, duration, "Applying and committing a batch", "", "") \
  X(batches_rolled_back, counter, "Batches rolled back and run one by one", "", "") \
  X(invariant_breaches, counter, "Invariants found broken before a commit", "", "") \
  X(payments_frozen, gauge, "Payments frozen for an operator", "", "") \
  X(reminders, counter, "Reminders of payments that wait for a person", "", "") \
  X(alarms, counter, "What a person must look at now: a payout paid by a trader who no longer had it", "alarm", "paid_when_revoked") \
  X(read_only, gauge, "1 while nothing may be changed until `kassa resume`", "", "") \
  X(timers_fired, counter, "Timers that fired", "", "") \
  X(timer_lag, duration, "How late timers fired", "", "") \
  X(callbacks_delivered, counter, "Callbacks that a merchant accepted", "", "") \
  X(callbacks_failed, counter, "Tries of callbacks that failed, by reason", "reason", "status,timeout,connect,tls,address_refused") \
  X(callbacks_parked, counter, "Callbacks given up, to be replayed by hand", "", "") \
  X(callbacks_superseded, counter, "Callbacks not sent any more because a later one waits", "", "") \
  X(callback_try, duration, "One try of a callback", "", "") \
  X(callbacks_waiting, gauge, "Payments whose callback is in memory to be delivered", "", "") \
  X(store_wal_bytes, gauge, "Size of the store's write-ahead log", "", "") \
  X(clock_jumps, counter, "Jumps of the system's clock by more than 5 s", "", "")
// clang-format on
