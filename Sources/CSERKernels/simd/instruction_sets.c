// SPDX-License-Identifier: Apache-2.0

#include "instruction_sets.h"
#include <stdatomic.h>

// MARK: What the processor has

static int has_portable(void) { return 1; }
#if defined(__x86_64__)
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

#define SET(family, set) {#set, has_##set},
static const struct {
    const char *name;
    int (*is_present)(void);
} sets[] = {SER_INSTRUCTION_SETS(SET, )};

enum { SETS = sizeof sets / sizeof *sets };

// MARK: The one in use

static _Atomic int32_t best = -1;             // -1: not looked for yet
static _Thread_local int32_t asked_for = -1;  // of this thread, so that tests do not disturb each other; -1: the best

int32_t ser_instruction_sets(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    int32_t count = 0;
    while (count < SETS && sets[count].is_present()) count++;
    return count;
}

int32_t ser_instruction_set(void) {
    if (asked_for >= 0) return asked_for;
    int32_t set = atomic_load_explicit(&best, memory_order_relaxed);
    if (set < 0) {
        set = ser_instruction_sets() - 1;
        atomic_store_explicit(&best, set, memory_order_relaxed);
    }
    return set;
}

const char *ser_instruction_set_name(int32_t set) {
    return set < 0 || set >= ser_instruction_sets() ? "none" : sets[set].name;
}

void ser_use_instruction_set(int32_t set) { asked_for = set < 0 || set >= ser_instruction_sets() ? -1 : set; }
