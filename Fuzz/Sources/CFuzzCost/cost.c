// SPDX-License-Identifier: Apache-2.0

#include "fuzz_cost.h"
#include <sanitizer/allocator_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// Threads of the library allocate, too.
static _Atomic int64_t held, peak;
static _Atomic int64_t limit = INT64_MAX;
static int64_t size, most_bytes, left;
static double begun, most_seconds;

static void allocated(const volatile void *block, size_t count) {
    (void)block;
    int64_t now = atomic_fetch_add(&held, (int64_t)count) + (int64_t)count;
    int64_t before = atomic_load(&peak);
    while (now > before && !atomic_compare_exchange_weak(&peak, &before, now)) {}
    int64_t most = atomic_load(&limit);
    // One thread alone tells, once: telling allocates, too.
    if (now <= most || !atomic_compare_exchange_strong(&limit, &most, INT64_MAX)) return;
    fprintf(stderr, "broken: %lld bytes are held for an input of %lld\n", (long long)now, (long long)size);
    __sanitizer_print_stack_trace();
    abort();
}

static void released(const volatile void *block) {
    if (block) atomic_fetch_sub(&held, (int64_t)__sanitizer_get_allocated_size((const void *)block));
}

static double seconds_of_processor(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void fuzz_cost_install(void) { __sanitizer_install_malloc_and_free_hooks(allocated, released); }

void fuzz_cost_begin(int64_t input_size, int64_t allowance) {
    size = input_size;
    atomic_store(&held, 0);
    atomic_store(&peak, 0);
    atomic_store(&limit, input_size + allowance);
    begun = seconds_of_processor();
}

void fuzz_cost_end(double seconds) {
    double taken = seconds_of_processor() - begun;
    atomic_store(&limit, INT64_MAX);
    int64_t beside = atomic_load(&peak) - size;
    if (beside > most_bytes) most_bytes = beside;
    left += atomic_load(&held);
    if (taken > most_seconds) most_seconds = taken;
    if (taken <= seconds) return;
    fprintf(stderr, "broken: an input of %lld bytes took %.2f s\n", (long long)size, taken);
    abort();
}

int64_t fuzz_cost_most_bytes(void) { return most_bytes; }

double fuzz_cost_most_seconds(void) { return most_seconds; }

int64_t fuzz_cost_left(void) { return left; }
