#include "ser_parallel.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sched.h>
#include <unistd.h>

enum { MOST_THREADS = 256, SPINS = 4000 };  // a spin is about 10 ns: bounded, since another process may need the core

typedef struct {
    void (*body)(void *, int64_t);
    void *context;
    int64_t count;
    _Atomic int64_t next, done;
} loop;

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;   // held by the thread whose loop the workers serve
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static loop current;
static _Atomic uint64_t generation;      // odd while a loop is open to workers
static _Atomic int32_t wanted, inside;   // threads a loop may use; workers at present in the loop
static int32_t started, sleeping;        // guarded by owner, gate
static _Atomic int32_t allowed;          // workers with an index below this may join the open loop
static _Thread_local int in_loop;

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_pieces(loop *l) {
    int64_t i;
    while ((i = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed)) < l->count) {
        l->body(l->context, i);
        atomic_fetch_add_explicit(&l->done, 1, memory_order_release);
    }
}

static void *worker(void *argument) {
    int32_t index = (int32_t)(intptr_t)argument;
    in_loop = 1;
    uint64_t seen = 0;
    for (;;) {
        uint64_t now = atomic_load(&generation);
        for (int spin = 0; (now == seen || !(now & 1)) && spin < SPINS; spin++) { relax(); now = atomic_load(&generation); }
        if (now == seen || !(now & 1)) {
            pthread_mutex_lock(&gate);
            sleeping++;
            while ((now = atomic_load(&generation)) == seen || !(now & 1)) pthread_cond_wait(&wake, &gate);
            sleeping--;
            pthread_mutex_unlock(&gate);
        }
        seen = now;
        if (index >= atomic_load(&allowed)) continue;
        atomic_fetch_add(&inside, 1);
        // The loop may have closed between the look and the step inside: only an unchanged generation may be served.
        if (atomic_load(&generation) == now) take_pieces(&current);
        atomic_fetch_sub(&inside, 1);
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

void ser_set_threads(int32_t count) { atomic_store(&wanted, count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count); }

int32_t ser_threads(void) {
    int32_t count = atomic_load_explicit(&wanted, memory_order_relaxed);
    if (count) return count;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ser_set_threads(cores < 1 ? 1 : (int32_t)cores);
    return atomic_load(&wanted);
}

void ser_parallel_for(int64_t count, void (*body)(void *, int64_t), void *context) {
    int32_t threads = ser_threads();
    if (count < 2 || threads < 2 || in_loop || pthread_mutex_trylock(&owner)) {
        for (int64_t i = 0; i < count; i++) body(context, i);
        return;
    }
    int32_t workers = threads - 1 < count - 1 ? threads - 1 : (int32_t)(count - 1);
    start_workers(workers);
    current.body = body; current.context = context; current.count = count;
    atomic_store(&current.next, 0); atomic_store(&current.done, 0);
    atomic_store(&allowed, workers);
    atomic_fetch_add(&generation, 1);           // open
    pthread_mutex_lock(&gate);
    int asleep = sleeping;
    pthread_mutex_unlock(&gate);
    if (asleep) pthread_cond_broadcast(&wake);
    in_loop = 1;
    take_pieces(&current);
    in_loop = 0;
    for (int spin = 0; atomic_load_explicit(&current.done, memory_order_acquire) < count; spin++) {
        if (spin < SPINS) relax(); else sched_yield();
    }
    atomic_fetch_add(&generation, 1);           // close; nobody steps inside any more
    for (int spin = 0; atomic_load(&inside) > 0; spin++) { if (spin < SPINS) relax(); else sched_yield(); }
    pthread_mutex_unlock(&owner);
}
