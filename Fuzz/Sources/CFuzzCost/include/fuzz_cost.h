// SPDX-License-Identifier: Apache-2.0
// What the reading of one input costs.
//
// Memory: every allocation and every release of the process is counted, by what was asked for, without the margins of
// AddressSanitizer and without what it keeps of released memory for a while. Time: the processor's, so that whatever
// else runs on the machine does not count.
#pragma once
#include <stdint.h>

/// Begins to look at allocations.
void fuzz_cost_install(void);

/// Between the two the process aborts, with a message, when it holds more than the input's size and `allowance` bytes
/// beyond what it held at the beginning; and at the end when more seconds have gone by than `seconds`.
void fuzz_cost_begin(int64_t input_size, int64_t allowance);
void fuzz_cost_end(double seconds);

/// The most that an input took so far: bytes beside its own size, and seconds.
int64_t fuzz_cost_most_bytes(void);
double fuzz_cost_most_seconds(void);
/// What all inputs together left behind, caches included, in bytes.
int64_t fuzz_cost_left(void);
