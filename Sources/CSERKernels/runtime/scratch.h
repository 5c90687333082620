// SPDX-License-Identifier: Apache-2.0
// Working memory of one call, from the pool.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)
/// A block of floats, contents undefined; or the end of the process when memory has run out, as Swift's own
/// allocations do.
float *ser_scratch(int64_t floats);
/// Gives it back; `floats` is what it was asked with.
void ser_scratch_free(float *block, int64_t floats);
#pragma GCC visibility pop

static inline size_t bytes_of(int64_t floats) { return (size_t)floats * sizeof(float); }

static inline void clear_floats(float *p, int64_t floats) { memset(p, 0, bytes_of(floats)); }
