// SPDX-License-Identifier: Apache-2.0
// A fixed set of worker threads that share loops. Which thread runs a piece is open; what a piece is, is the caller's
// affair and must depend on shapes alone, so that results do not depend on the number of threads.
#pragma once
#include <stdint.h>

/// Number of threads a loop may use, the caller included (1 to 256). Set before or between loops.
void ser_set_threads(int32_t count);
int32_t ser_threads(void);

/// Calls body(context, i) once for each i in 0..<count, on up to ser_threads() threads, and returns when all are done.
/// Called from within a loop, or while another thread's loop has the workers, it runs on the calling thread alone.
void ser_parallel_for(int64_t count, void (*_Nonnull body)(void *_Nullable context, int64_t index),
                      void *_Nullable context);

/// Whether loops of the calling thread run on it alone from now on; returns what was so before.
int32_t ser_confine(int32_t confined);
