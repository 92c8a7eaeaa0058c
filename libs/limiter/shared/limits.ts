/** Bounds of the limiter that shares its counters with other processes. */

/** Milliseconds that a request may wait for shared counters in all. */
export const TIMEOUT_MS = 50;
/** How often outstanding calls are looked at: a call ends at most this much late. */
export const DEADLINE_CHECK_MS = 5;

/** Failures in a row after which the counters are not asked any more. */
export const MAX_FAILURES = 3;
/** How long they are not asked then; after it one request at a time finds out. */
export const OPEN_MS = 250;

/** Refusals remembered; past it the one longest unused goes, and its subject is asked about again. */
export const MAX_DENIALS = 100_000;
/** How long a refusal is remembered where leases may return and make room early. */
export const DENIAL_WITH_LEASES_MS = 250;

/** Subjects with a lease; past it the others are asked about one by one. */
export const MAX_LEASES = 50_000;
/** A lease not used for so long is given back. */
export const LEASE_IDLE_MS = 1_000;
/** A lease is topped up when less than this part of it is left... */
export const LEASE_LOW_SHARE = 4;
/** ...unless its slot ends within this time. */
export const LEASE_PREFETCH_MS = 500;
/** After a lease could not be had: how long its subject is asked about one by one. */
export const SCARCE_MS = 250;
/** A lease ends earlier than its slot by this much, and by {@link CLOCK_DRIFT} of the time it had. */
export const LEASE_MARGIN_MS = 5;
/** How long after the end of a lease its slot may last at most; until then another one would be over on arrival. */
export const SLOT_CHANGE_MS = 2 * LEASE_MARGIN_MS;
/** How much faster the clock of the counters may run than that of this process: the most that NTP slews. */
export const CLOCK_DRIFT = 0.000_5;
/** Refills of others that one request waits for, one after the other. */
export const MAX_WAITS = 4;

/** How often leases are looked through, and unused units given back. */
export const SWEEP_MS = 250;
/** Leases given back in one call. */
export const GIVE_BACK_BATCH = 1_000;
/** Leases waiting to be given back; past it the oldest are left to leave their window. */
export const MAX_WAITING_TO_RETURN = 100_000;
/** How long closing waits for the counters. */
export const CLOSE_TIMEOUT_MS = 500;
