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
// end; what isn't in it counts as "other". Two labels stand as "a|b", their lists likewise. Nothing
// of a person or a payment is ever a label. docs/metrics.md is made of this by `./dev docs`.
#pragma once

/// What answers: a route's path or name; "none" where no route was found.
#define KASSA_ENDPOINTS                                                               \
  "none,page,desk,/healthz,/readyz,/metrics,/openapi.json,"                           \
  "/api/v1/payment/p2p/payin,/api/v1/payment/p2p/payin/info,"                         \
  "/api/v1/payment/p2p/payin/cancel,/api/v1/payment/p2p/payin/confirm,"               \
  "/api/v1/payment/p2p/payout,/api/v1/payment/p2p/payout/info,"                       \
  "/api/v1/widget/payin,/api/v1/widget/payin/info,"                                   \
  "/api/v1/bank/all,/api/v1/payment/p2p/bank/all,/api/v1/payment/p2p/bank/available," \
  "/api/v1/balance/info,/api/v1/event/list,/api/v1/statement,/api/v1/test/clock/advance"
#define KASSA_STATUSES "200,303,400,401,403,404,405,408,409,413,414,415,422,429,431,500,503"

#define KASSA_KINDS "payin,payout,widget"
#define KASSA_STATES                                                                  \
  "processing:new,processing:requisites,processing:awaiting_confirm,processing:paid," \
  "processing:payout_process,dispute:no_payment,dispute:different_amount,"            \
  "dispute:confirm_timeout,dispute:incorrect_requisites,dispute:payout_failed,"       \
  "dispute:payout_timeout,error,decline,success"

// clang-format off
#define KASSA_METRICS(X) \
  X(http_answers, counter, "Answers to HTTP requests, by status family", "status", "2xx,3xx,4xx,5xx") \
  X(http_connections_accepted, counter, "Connections accepted", "", "") \
  X(http_connections_refused, counter, "Connections refused because connections_max was reached", "", "") \
  X(http_accepts_failed, counter, "Times no connection could be accepted: no file descriptor or memory was left", "", "") \
  X(http_connections_open, gauge, "Connections open now", "", "") \
  X(http_bad_requests, counter, "Requests that the server itself answered or closed", "", "") \
  X(http_request, duration, "From a request's last byte to its answer; the count is that of the answers", "endpoint|status", KASSA_ENDPOINTS "|" KASSA_STATUSES) \
  X(signatures_verified, counter, "Signed requests, by what became of the signature", "result", "ok,missing_header,malformed_header,unknown_key,stale_timestamp,bad_signature,rate_limited") \
  X(rate_limited, counter, "Requests refused by a rate limit", "by", "project,address") \
  X(commands, counter, "Commands decided, by outcome", "outcome", "applied,refused,failed,dropped_late,queue_full") \
  X(command_wait, duration, "How long a command waited in the queue", "", "") \
  X(queue_length, gauge, "Commands waiting now", "", "") \
  X(batch, size, "Commands in a batch", "", "") \
  X(batch_decide, duration, "Loading and deciding a batch", "", "") \
  X(batch_check, duration, "Checking the invariants of a batch", "", "") \
  X(batch_commit, duration, "Applying and committing a batch", "", "") \
  X(batches_rolled_back, counter, "Batches rolled back and run one by one", "", "") \
  X(invariant_breaches, counter, "Invariants found broken before a commit", "", "") \
  X(payment_changes, counter, "Payments that entered a state", "kind|state", KASSA_KINDS "|" KASSA_STATES) \
  X(payments_frozen, gauge, "Payments frozen for an operator", "", "") \
  X(reminders, counter, "Reminders of payments that wait for a person", "", "") \
  X(alarms, counter, "What a person must look at now: a payout paid by a trader who no longer had it", "alarm", "paid_when_revoked") \
  X(read_only, gauge, "1 while nothing may be changed until `kassa resume`", "", "") \
  X(draining, gauge, "1 while no new payments are taken before a stop", "", "") \
  X(switches_off, gauge, "Kill switches that are off", "", "") \
  X(timers_fired, counter, "Timers that fired", "", "") \
  X(timer_lag, duration, "How late timers fired", "", "") \
  X(timers_overdue_ms, gauge, "How long the timer has been due that waits longest, in milliseconds; 0: none is due", "", "") \
  X(config_version, gauge, "The version of the configuration that the loop decides with", "", "") \
  X(callbacks_delivered, counter, "Callbacks that a merchant accepted", "", "") \
  X(callbacks_failed, counter, "Tries of callbacks that failed, by reason", "reason", "status,timeout,connect,tls,address_refused,lease_lost") \
  X(callbacks_parked, counter, "Callbacks given up, to be replayed by hand", "", "") \
  X(callbacks_superseded, counter, "Callbacks not sent any more because a later one waits", "", "") \
  X(callback_try, duration, "One try of a callback", "", "") \
  X(callback_lag, duration, "How late a try of a callback was sent off", "", "") \
  X(callbacks_waiting, gauge, "Payments whose callback is in memory to be delivered", "", "") \
  X(callbacks_claimed, counter, "Payments whose callbacks this gateway took upon itself: retries, and what another had left", "", "") \
  X(gateways_alive, gauge, "Gateways that share the store, as this one sees them; 0: it can't look", "", "") \
  X(leases_lost, counter, "Leases of this gateway that ended before it renewed them", "", "") \
  X(store_wal_bytes, gauge, "Size of the store's write-ahead log", "", "") \
  X(clock_jumps, counter, "Jumps of the system's clock by more than 5 s", "", "")
// clang-format on
