/* The lease and commit protocol of docs/leases.md: workers, coordinators and the database, with crashes, frozen workers, leases
 * that run out too early, and messages that are lost, doubled and overtaken. leases_test.py says how it is run, and removes one
 * safeguard at a time (-DWITHOUT_...) to see that the model notices.
 *
 * Time is not modelled: a lease may run out at any moment. Where its worker still holds it (it was frozen, or cut off), that is
 * one of FAULTS disturbances, as are crashes, losses and duplicates; a lease that nobody holds any more runs out for free. Attempts
 * are left out: a lease's id alone tells it from all others. */

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef COORDINATORS
#define COORDINATORS 2
#endif
#ifndef IN_FLIGHT /* leases that a worker holds at once */
#define IN_FLIGHT 1
#endif
#ifndef FIRST_SHARDS /* of SHARD_ITEMS items each, a power of two */
#define FIRST_SHARDS 2
#endif
#ifndef SHARD_ITEMS
#define SHARD_ITEMS 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef POISON /* the item that ends every worker which computes it; none at ITEMS */
#define POISON ITEMS
#endif
#ifndef TAKE_BACKS /* times that a shard is taken back for an idle worker */
#define TAKE_BACKS 0
#endif
#define ITEMS (FIRST_SHARDS * SHARD_ITEMS)
#define SHARDS (FIRST_SHARDS * (2 * SHARD_ITEMS - 1)) /* with all halves */
#define MESSAGES 2 /* reports on their way */

/* kFailuresInCompany and kExpirationsOfOneItem, smaller than they are, which keeps the model small. */
#define COMPANY 1
#define ATTEMPTS 3

mtype = { unused, pending, leased, done, split };
typedef Shard {
  mtype state = unused; byte lease; byte worker; byte failures; byte first; byte items;
#if TAKE_BACKS > 0
  byte taken
#endif
};
typedef Held { byte shard; byte lease; bool computed }; /* lease 0: none */
typedef Worker { Held held[IN_FLIGHT] };
typedef Message { byte shard; byte lease; byte worker }; /* lease 0: none */

/* The database. */
Shard shard[SHARDS];
byte shards = FIRST_SHARDS;
byte last_lease = 0;        /* lease_ids */
byte predictions[ITEMS];    /* how often an item was counted */
bool is_error[ITEMS];
byte ended = 0;             /* runs.items_done */

byte granted[WORKERS];      /* shards that are leased to it, */
byte suspects[WORKERS];     /* and those of them that may be what ends workers */

Worker worker[WORKERS];
Message message[MESSAGES];
byte faults = FAULTS;

#define IS_SUSPECT(n) (shard[n].failures >= COMPANY)
#define IS_CURRENT(n, id) (shard[n].state == leased && shard[n].lease == id)
/* Whether the worker that the lease was given to still has it. */
#if IN_FLIGHT == 1
#define HOLDS(v, id) (worker[v].held[0].lease == id)
#else
#define HOLDS(v, id) (worker[v].held[0].lease == id || worker[v].held[1].lease == id)
#endif

#define HAS(s, item) (shard[s].first <= (item) && (item) < shard[s].first + shard[s].items)

inline release(n) {
  granted[shard[n].worker]--;
  suspects[shard[n].worker] = suspects[shard[n].worker] - (IS_SUSPECT(n) -> 1 : 0)
}

/* In one transaction: an item is counted, and may be so only once. */
inline count_items(n, as_error) {
  do
  :: i < shard[n].items ->
     predictions[shard[n].first + i]++;
     assert(predictions[shard[n].first + i] == 1); /* a prediction counts once */
     is_error[shard[n].first + i] = as_error;
     assert(!as_error || shard[n].first + i == POISON); /* none but the poisonous item is given up */
     ended++;
     i++
  :: else -> break
  od;
  i = 0;
  shard[n].state = done
}

/* In one transaction: the lease of the shard is over without a result (failure_policy.h). */
inline run_out(n) {
  release(n);
  shard[n].failures++;
  if
  :: shard[n].items == 1 && shard[n].failures >= ATTEMPTS -> count_items(n, true)
  :: shard[n].items == 1 && shard[n].failures < ATTEMPTS -> shard[n].state = pending
  :: shard[n].items > 1 && shard[n].failures <= COMPANY -> shard[n].state = pending
#ifdef WITHOUT_SPLIT
  :: shard[n].items > 1 && shard[n].failures > COMPANY -> shard[n].failures = COMPANY; shard[n].state = pending
#else
  :: shard[n].items > 1 && shard[n].failures > COMPANY ->
     shard[n].state = split;
     i = 0;
     do
     :: i < 2 ->
        shard[shards].state = pending;
        shard[shards].items = shard[n].items / 2;
        shard[shards].first = shard[n].first + i * (shard[n].items / 2);
        shard[shards].failures = COMPANY;
        shards++;
        i++
     :: else -> break
     od;
     i = 0
#endif
  fi
}

/* Whether the worker v may be given the shard n: a suspect and nothing else beside it. */
#ifdef WITHOUT_ISOLATION
#define MAY_HAVE(v, n) (shard[n].state == pending)
#else
#define MAY_HAVE(v, n) (shard[n].state == pending && suspects[v] == 0 && (granted[v] == 0 || !IS_SUSPECT(n)))
#endif

/* Forgets what a worker holds; what it has sent is on its way all the same. */
inline crash(v) {
  i = 0;
  do
  :: i < IN_FLIGHT -> worker[v].held[i].lease = 0; worker[v].held[i].shard = 0; worker[v].held[i].computed = false; i++
  :: else -> break
  od;
  i = 0
}

inline forget(v, k) {
  worker[v].held[k].lease = 0; worker[v].held[k].shard = 0; worker[v].held[k].computed = false
}

#define COMPUTE(h) \
  :: atomic { worker[w].held[h].lease != 0 && !worker[w].held[h].computed -> \
       if \
       :: HAS(worker[w].held[h].shard, POISON) -> crash(w) \
       :: else -> worker[w].held[h].computed = true \
       fi \
     }
/* Sends a report that is not on its way, and so again as long as it is not answered. */
#define SEND(h, m) \
  :: atomic { worker[w].held[h].computed && message[m].lease == 0 && \
              message[0].lease != worker[w].held[h].lease && message[1].lease != worker[w].held[h].lease -> \
       message[m].shard = worker[w].held[h].shard; message[m].lease = worker[w].held[h].lease; message[m].worker = w \
     }
/* Learns by a heartbeat that a lease is over. */
#define REVOKED(h) \
  :: atomic { worker[w].held[h].lease != 0 && !IS_CURRENT(worker[w].held[h].shard, worker[w].held[h].lease) -> forget(w, h) }

proctype WorkerProcess(byte w) {
  byte i;
endworker:
  do
  COMPUTE(0)
  SEND(0, 0)
  SEND(0, 1)
  REVOKED(0)
#if IN_FLIGHT == 2
  COMPUTE(1)
  SEND(1, 0)
  SEND(1, 1)
  REVOKED(1)
#endif
  :: atomic { faults > 0 && ended < ITEMS -> faults--; crash(w) }
  od
}

/* A lease may be for a part of a shard: the rest becomes a shard of its own (-DCUT). */
#ifdef CUT
inline cut(n) {
  if
  :: shard[n].items > 1 && shard[n].failures == 0 ->
     shard[shards].state = pending;
     shard[shards].items = shard[n].items / 2;
     shard[shards].first = shard[n].first + shard[n].items - shard[n].items / 2;
     shards++;
#ifndef WITHOUT_SHORTENING
     shard[n].items = shard[n].items - shard[n].items / 2
#endif
  :: true
  fi
}
#else
inline cut(n) { skip }
#endif

/* A transaction, and then a message that may be lost. */
#define GRANT(w, n) \
  :: atomic { n < shards && HOLDS(w, 0) && MAY_HAVE(w, n) -> \
       cut(n); \
       last_lease++; \
       shard[n].state = leased; shard[n].lease = last_lease; shard[n].worker = w; \
       granted[w]++; suspects[w] = suspects[w] + (IS_SUSPECT(n) -> 1 : 0); \
       h = (worker[w].held[0].lease == 0 -> 0 : IN_FLIGHT - 1); \
       if \
       :: worker[w].held[h].shard = n; worker[w].held[h].lease = last_lease; worker[w].held[h].computed = false \
       :: faults > 0 -> faults-- \
       fi; \
       h = 0 \
     }
#if WORKERS == 1
#define GRANT_TO_ALL(n) GRANT(0, n)
#else
#define GRANT_TO_ALL(n) GRANT(0, n) GRANT(1, n)
#endif

/* What a slow worker holds becomes pending again for an idle one, and nothing is counted. Its worker may report it all the same. */
#ifdef WITHOUT_LIMIT_OF_TAKE_BACKS
#define TAKE_BACK(n) \
  :: atomic { n < shards && shard[n].state == leased && !IS_SUSPECT(n) -> release(n); shard[n].state = pending }
#elif TAKE_BACKS > 0
#define TAKE_BACK(n) \
  :: atomic { n < shards && shard[n].state == leased && !IS_SUSPECT(n) && shard[n].taken < TAKE_BACKS -> \
       release(n); shard[n].taken++; shard[n].state = pending }
#else
#define TAKE_BACK(n)
#endif

proctype Coordinator() {
  byte h, m, i;
  bool current;
  Message report;
endcoordinator:
  do
  GRANT_TO_ALL(0)
  TAKE_BACK(0)
#if SHARDS > 1
  GRANT_TO_ALL(1)
  TAKE_BACK(1)
#endif
#if SHARDS > 2
  GRANT_TO_ALL(2)
  TAKE_BACK(2)
#endif
#if SHARDS > 3
  GRANT_TO_ALL(3) GRANT_TO_ALL(4) GRANT_TO_ALL(5)
#endif
#if SHARDS > 6
  GRANT_TO_ALL(6)
#endif
  /* Takes in a report, of those on their way whichever comes first. It may stay on its way: a duplicate. */
  :: atomic { message[0].lease != 0 || message[1].lease != 0 ->
       if
       :: message[0].lease != 0 -> m = 0
       :: message[1].lease != 0 -> m = 1
       fi;
       report.shard = message[m].shard; report.lease = message[m].lease; report.worker = message[m].worker;
       if
       :: message[m].lease = 0; message[m].shard = 0; message[m].worker = 0
       :: faults > 0 -> faults--
       fi;
       m = 0;
       /* Looks at the shard, to grade the report before the transaction. */
       current = IS_CURRENT(report.shard, report.lease)
     }
     if
     :: atomic { faults > 0 -> faults--; report.lease = 0 } /* the coordinator ends, or the report was lost */
     :: skip
     fi;
     /* The transaction locks the shard and looks again. */
     atomic {
#ifndef WITHOUT_FENCE
       current = IS_CURRENT(report.shard, report.lease);
#endif
       if
       :: report.lease != 0 && current -> release(report.shard); count_items(report.shard, false)
       :: else
       fi;
       current = false
     }
     /* The answer: accepted, duplicate or stale; in each case the worker is done with the lease. */
     atomic {
       if
       :: report.lease == 0
       :: report.lease != 0 && faults > 0 -> faults-- /* lost */
       :: report.lease != 0 ->
          do
          :: h < IN_FLIGHT && worker[report.worker].held[h].lease == report.lease -> forget(report.worker, h); break
          :: h < IN_FLIGHT && worker[report.worker].held[h].lease != report.lease -> h++
          :: h == IN_FLIGHT -> break
          od;
          h = 0
       fi;
       report.lease = 0; report.shard = 0; report.worker = 0
     }
  od
}

/* A lease that nobody holds runs out. One that is held does when its worker cannot renew it: that is a fault. */
#define REAP(n) \
  :: atomic { n < shards && shard[n].state == leased && (faults > 0 || !HOLDS(shard[n].worker, shard[n].lease)) -> \
       faults = faults - (HOLDS(shard[n].worker, shard[n].lease) -> 1 : 0); \
       run_out(n) \
     }

proctype Reaper() {
  byte i;
endreaper:
  do
  REAP(0)
#if SHARDS > 1
  REAP(1)
#endif
#if SHARDS > 2
  REAP(2)
#endif
#if SHARDS > 3
  REAP(3) REAP(4) REAP(5)
#endif
#if SHARDS > 6
  REAP(6)
#endif
  od
}

init {
  byte i;
  atomic {
    do
    :: i < FIRST_SHARDS ->
       shard[i].state = pending; shard[i].first = i * SHARD_ITEMS; shard[i].items = SHARD_ITEMS; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < WORKERS -> run WorkerProcess(i); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < COORDINATORS -> run Coordinator(); i++
    :: else -> break
    od;
    i = 0;
#ifndef WITHOUT_REAPER
    run Reaper()
#endif
  }
}

ltl every_item_ends { <> (ended == ITEMS) }
