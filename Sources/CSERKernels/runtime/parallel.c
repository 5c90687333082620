// SPDX-License-Identifier: Apache-2.0

#include "pause.h"
#include "ser_parallel.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sched.h>
#include <unistd.h>

// Loops may last ten microseconds, and a value that one core writes reaches another in 0.02 to 0.3 microseconds: what
// counts is how often threads wait for each other's writes. A loop is one cache line, which a waiting worker gets as a
// whole; the caller has claimed the first piece when it opens the loop; and the last thing a worker writes is that its
// piece is done.

enum { MOST_THREADS = 256, SPINS = 4000 };  // a spin is 10 to 20 ns: bounded, since another process may need the core

// Workers may read the fields while a caller writes those of the next loop. What they have read counts only when they
// then claim a piece, and a claim fails when the ticket has changed: a loop's fields stay as they are until its last
// piece is done.
static _Alignas(128) struct {
    _Atomic uint64_t ticket;  // number of the loop << 32 | pieces that nobody has claimed
    _Atomic(void (*)(void *, int64_t)) body;
    _Atomic(void *) context;
    _Atomic int64_t count;
    _Atomic int32_t workers;  // workers with an index below this may join
} loop;
static _Alignas(128) _Atomic int64_t done;  // pieces that workers have completed

static _Alignas(128) pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;  // held by the thread that workers serve
static int32_t started;                                                  // guarded by owner
static _Atomic int32_t wanted;                                           // threads a loop may use
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t beds[MOST_THREADS] = {[0 ... MOST_THREADS - 1] = PTHREAD_COND_INITIALIZER};
static _Atomic uint8_t asleep[MOST_THREADS];  // set and cleared by each worker under gate
static _Thread_local int in_loop;

static inline uint32_t unclaimed(uint64_t ticket) { return (uint32_t)ticket; }

typedef struct {
    void (*body)(void *, int64_t);
    void *context;
    int64_t index;
} piece;

/// Claims a piece of the open loop; 0 when there is none for this thread. The caller's own index is -1.
static int claim(piece *p, int32_t index) {
    uint64_t ticket = atomic_load_explicit(&loop.ticket, memory_order_acquire);
    while (unclaimed(ticket) && index < atomic_load_explicit(&loop.workers, memory_order_relaxed)) {
        p->body = atomic_load_explicit(&loop.body, memory_order_relaxed);
        p->context = atomic_load_explicit(&loop.context, memory_order_relaxed);
        p->index = atomic_load_explicit(&loop.count, memory_order_relaxed) - unclaimed(ticket);
        if (atomic_compare_exchange_weak_explicit(&loop.ticket, &ticket, ticket - 1, memory_order_acq_rel,
                                                  memory_order_acquire))
            return 1;
    }
    return 0;
}

// MARK: Workers

static int has_work_for(int32_t index) {
    return unclaimed(atomic_load(&loop.ticket)) && index < atomic_load_explicit(&loop.workers, memory_order_relaxed);
}

static void sleep_until_work(int32_t index) {
    pthread_mutex_lock(&gate);
    atomic_store(&asleep[index], 1);
    // A caller opens its loop and then looks for sleepers; a worker says that it sleeps and then looks for a loop.
    while (!has_work_for(index)) pthread_cond_wait(&beds[index], &gate);
    atomic_store(&asleep[index], 0);
    pthread_mutex_unlock(&gate);
}

static void *worker(void *argument) {
    const int32_t index = (int32_t)(intptr_t)argument;
    in_loop = 1;
    for (;;) {
        int spins = 0;
        while (!has_work_for(index) && spins++ < SPINS) ser_pause();
        if (spins > SPINS) sleep_until_work(index);
        for (piece p; claim(&p, index);) {
            p.body(p.context, p.index);
            atomic_fetch_add_explicit(&done, 1, memory_order_release);
        }
    }
    return NULL;
}

static void start_workers(int32_t count) {
    while (started < count) {
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, 2 << 20);
        int failed = pthread_create(&thread, &attributes, worker, (void *)(intptr_t)started);
        pthread_attr_destroy(&attributes);
        if (failed) return;  // fewer workers: the caller does their share
        started++;
    }
}

// MARK: Callers

void ser_set_threads(int32_t count) {
    atomic_store(&wanted, count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count);
}

int32_t ser_threads(void) {
    int32_t count = atomic_load_explicit(&wanted, memory_order_relaxed);
    if (count) return count;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ser_set_threads(cores < 1 ? 1 : (int32_t)cores);
    return atomic_load(&wanted);
}

static void wake_workers(int32_t count) {
    int any = 0;
    for (int32_t i = 0; i < count; i++) any |= atomic_load(&asleep[i]);
    if (!any) return;
    pthread_mutex_lock(&gate);
    for (int32_t i = 0; i < count; i++)
        if (atomic_load(&asleep[i])) pthread_cond_signal(&beds[i]);
    pthread_mutex_unlock(&gate);
}

int32_t ser_confine(int32_t confined) {
    const int32_t before = in_loop;
    in_loop = confined;
    return before;
}

void ser_parallel_for(int64_t count, void (*body)(void *, int64_t), void *context) {
    const int32_t threads = ser_threads();
    if (count < 2 || count > UINT32_MAX || threads < 2 || in_loop || pthread_mutex_trylock(&owner)) {
        for (int64_t i = 0; i < count; i++) body(context, i);
        return;
    }
    const int32_t workers = threads - 1 < count - 1 ? threads - 1 : (int32_t)(count - 1);
    start_workers(workers);
    atomic_store_explicit(&loop.body, body, memory_order_relaxed);
    atomic_store_explicit(&loop.context, context, memory_order_relaxed);
    atomic_store_explicit(&loop.count, count, memory_order_relaxed);
    atomic_store_explicit(&loop.workers, workers, memory_order_relaxed);
    atomic_store_explicit(&done, 0, memory_order_relaxed);
    const uint64_t number = (atomic_load_explicit(&loop.ticket, memory_order_relaxed) >> 32) + 1;
    atomic_store(&loop.ticket, number << 32 | (uint64_t)(count - 1));
    wake_workers(workers);
    in_loop = 1;
    body(context, 0);
    int64_t own = 1;
    for (piece p; claim(&p, -1); own++) p.body(p.context, p.index);
    in_loop = 0;
    for (int spins = 0; atomic_load_explicit(&done, memory_order_acquire) < count - own; spins++) {
        if (spins < SPINS)
            ser_pause();
        else
            sched_yield();
    }
    pthread_mutex_unlock(&owner);
}
