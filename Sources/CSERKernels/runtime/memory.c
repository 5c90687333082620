// SPDX-License-Identifier: Apache-2.0

#include "ser_memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// Classes are powers of two and the three steps between (1, 1.25, 1.5, 1.75 times), so that at most a quarter is
// wasted.
enum { SMALL_LIMIT = 32 * 1024, CLASSES = 4 * 58, SMALL_KEPT = 256 * 1024 };

typedef struct block {
    struct block *next;
} block;

typedef struct {
    block *lists[CLASSES];
    uint32_t counts[CLASSES];
} thread_cache;

static _Atomic uint64_t system_allocations;
static pthread_mutex_t large_lock = PTHREAD_MUTEX_INITIALIZER;
static block *large_lists[CLASSES];
static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
static _Thread_local thread_cache *cache;
static _Thread_local int cache_gone;

/// The class of a request and the size of that class's blocks.
static int class_of(size_t bytes, size_t *size) {
    if (bytes < 64) bytes = 64;
    int power = 63 - __builtin_clzll((unsigned long long)bytes);
    size_t base = (size_t)1 << power, step = base / 4;
    size_t above = (bytes - base + step - 1) / step;
    if (above == 4) {
        power++;
        base <<= 1;
        step <<= 1;
        above = 0;
    }
    *size = (base + above * step + 63) & ~(size_t)63;
    return (power - 6) * 4 + (int)above;
}

static void drop_cache(void *p) {
    thread_cache *c = p;
    for (int k = 0; k < CLASSES; k++) {
        for (block *b = c->lists[k]; b;) {
            block *next = b->next;
            free(b);
            b = next;
        }
    }
    free(c);
    cache = NULL;
    cache_gone = 1;
}

static void make_key(void) { pthread_key_create(&cache_key, drop_cache); }

static thread_cache *own_cache(void) {
    if (!cache && !cache_gone) {
        pthread_once(&cache_once, make_key);
        cache = calloc(1, sizeof *cache);
        if (cache) pthread_setspecific(cache_key, cache);
    }
    return cache;
}

static void *from_system(size_t size) {
    void *p = NULL;
    // Large blocks in pages of 2 MiB: fewer look-ups of addresses, and fewer faults when they are first touched.
    const size_t page = (size_t)1 << 21;
    const int large = size >= 4 * page;
    if (posix_memalign(&p, large ? page : 64, size)) return NULL;
#if defined(__linux__)
    if (large) madvise(p, size, MADV_HUGEPAGE);
#endif
    atomic_fetch_add_explicit(&system_allocations, 1, memory_order_relaxed);
    return p;
}

void *ser_allocate(size_t bytes) {
    if (bytes > ((size_t)1 << 46)) return NULL;
    size_t size;
    int k = class_of(bytes, &size);
    block *b = NULL;
    if (size <= SMALL_LIMIT) {
        thread_cache *c = own_cache();
        if (c && (b = c->lists[k])) {
            c->lists[k] = b->next;
            c->counts[k]--;
            return b;
        }
    } else {
        pthread_mutex_lock(&large_lock);
        if ((b = large_lists[k])) large_lists[k] = b->next;
        pthread_mutex_unlock(&large_lock);
        if (b) return b;
    }
    return from_system(size);
}

void ser_free(void *pointer, size_t bytes) {
    if (!pointer) return;
    size_t size;
    int k = class_of(bytes, &size);
    block *b = pointer;
    if (size <= SMALL_LIMIT) {
        thread_cache *c = own_cache();
        if (!c || c->counts[k] >= SMALL_KEPT / size + 16) {
            free(pointer);
            return;
        }
        b->next = c->lists[k];
        c->lists[k] = b;
        c->counts[k]++;
        return;
    }
    pthread_mutex_lock(&large_lock);
    b->next = large_lists[k];
    large_lists[k] = b;
    pthread_mutex_unlock(&large_lock);
}

uint64_t ser_system_allocations(void) { return atomic_load_explicit(&system_allocations, memory_order_relaxed); }
