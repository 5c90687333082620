// SPDX-License-Identifier: Apache-2.0
// A pool of 64-byte-aligned blocks. Blocks go back to free lists and are handed out again, so that a training step in
// steady state asks the system for nothing. Small blocks live in lists per thread, large ones in one list behind a
// lock.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A block of at least `bytes` bytes, 64-byte aligned, contents undefined; NULL when the system has none left.
void *_Nullable ser_allocate(size_t bytes);
/// Gives a block back; `bytes` is what it was asked with.
void ser_free(void *_Nullable block, size_t bytes);
/// How many blocks the pool has asked the system for since the process started.
uint64_t ser_system_allocations(void);
