"""Every metric of a worker: its kind, its name, its unit and what it means, in one place.

Labels come from closed sets; none carries a customer. Registered once a process, when imported.
"""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# A second series for each counter, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

EVENTS = Counter(
    "portrait_events_total",
    "Records read, by topic and by what became of them: applied, replayed (redelivered record), "
    "duplicate (resent event id), erased (customer was erased), rejected (dead letter).",
    ["topic", "outcome"],
)
CHANGES = Counter(
    "portrait_changes_total",
    "Portraits that changed and were published, by cause: event, time, or admin where the "
    "standards changed.",
    ["cause"],
)
SEGMENT_MOVES = Counter(
    "portrait_segment_moves_total", "Entries into segments and exits from them, as published."
)
RISK_ALERTS = Counter(
    "portrait_risk_alerts_total",
    "Risk alerts as published, by the level reached and by kind: raised, or closed, then low.",
    ["level", "kind"],
)
QUESTIONS = Counter(
    "portrait_questions_total",
    "Questions about other customers that events asked the fact table, redelivered ones again.",
)
REPUBLISHED = Counter(
    "portrait_republished_total",
    "Portraits published again because it was not certain that they had been.",
)
DEAD_LETTERS = Counter(
    "portrait_dead_letters_total", "Records that broke the contract, by reason code.", ["reason"]
)
CONFLICTS = Counter(
    "portrait_conflicts_total",
    "Records that somebody else had written in between: reloaded and folded again.",
)
RETRIES = Counter(
    "portrait_retries_total", "Batches tried again because Redis or Kafka did not answer."
)
SWEPT = Counter(
    "portrait_swept_total", "Customers looked at because their portrait was due by time alone."
)
RENEWED = Counter(
    "portrait_renewed_total",
    "Customers looked at because the standards had changed: rules, tiers, targets, the version.",
)
DUE_CUSTOMERS = Gauge(
    "portrait_due_customers",
    "Customers that wait to be looked at: due by time alone, or stale since the standards changed.",
    ["partition", "agenda"],
)
STANDARDS_REFUSED = Gauge(
    "portrait_standards_refused",
    "1 while a changed shop, label or gender file has a mistake and the former standards hold on.",
)
STANDARDS_LOADED = Gauge(
    "portrait_standards_loaded_timestamp_seconds",
    "When the standards in force were read, seconds since the epoch.",
)
GROUP_RECORDS = Counter(
    "portrait_group_records_total",
    "Records of published portraits read for the groups, by what became of them: counted, erased "
    "(taken out of the sums), known (that version or a newer one is counted), unreadable.",
    ["outcome"],
)
BATCH_RECORDS = Histogram(
    "portrait_batch_records",
    "Records handed over at once.",
    buckets=(1, 3, 10, 30, 100, 300, 1000, 3000),
)
BATCH_SECONDS = Histogram(
    "portrait_batch_seconds",
    "From a batch being handed over to its changes being acknowledged by Kafka.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
LATENCY_SECONDS = Histogram(
    "portrait_latency_seconds",
    "From a record's Kafka timestamp to its customer's change being acknowledged; one sample a "
    "batch, for its oldest record.",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600),
)
REFERENCE_SECONDS = Histogram(
    "portrait_reference_seconds",
    "From the first to the last portrait read to take a reference; slowed down on purpose.",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600),
)
REFERENCE_TAKEN = Gauge(
    "portrait_reference_taken_timestamp_seconds",
    "When the reference that this worker compares with was taken, seconds since the epoch; 0 for "
    "the built-in one.",
)
LAG_RECORDS = Gauge(
    "portrait_lag_records",
    "Records of a source partition that were not read yet when its last batch was fetched.",
    ["topic", "partition"],
)
CACHED_CUSTOMERS = Gauge("portrait_cached_customers", "States held in memory by this worker.")
OWNED_PARTITIONS = Gauge("portrait_owned_partitions", "Partition numbers this worker works on.")
