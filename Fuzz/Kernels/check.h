// SPDX-License-Identifier: Apache-2.0
// What the checks of the kernels share: random shapes and numbers, buffers of exactly the size that is needed, so that
// AddressSanitizer sees every step beyond them, and comparisons.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A whole number from `low` to `high`.
int64_t check_between(int64_t low, int64_t high);
bool check_coin(void);

/// A buffer of so many values, none of them set (NaN), or random ones from -1 to 1. All go with check_release().
float *check_floats(int64_t count);
float *check_random(int64_t count);
float *check_copy(const float *x, int64_t count);
int32_t *check_integers(int64_t count);
void *check_bytes(int64_t count);
/// Valid lengths of the rows of a batch, 1 to `most`; NULL where all are full.
int32_t *check_lengths(int64_t count, int64_t most);
void check_release(void);

/// Notes the case that runs, for the message when it fails.
void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Ends the program where a value is further from its reference than `tolerance` times the greatest of them.
void check_close(const char *what, const float *found, const float *expected, int64_t count, double tolerance);
/// The same for values that must be equal bit for bit.
void check_equal(const char *what, const void *found, const void *expected, int64_t bytes);
void check_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/// Runs `body` with each instruction set and several numbers of threads; the first run, in plain C on one thread, is
/// what the others are compared with. `run` counts from 0.
void check_each_way(void (*body)(int run, void *context), void *context);

// The families of kernels: one random case each.
void check_products(void);
void check_convolution(void);
void check_convolution_block(void);
void check_pooling(void);
void check_recurrent(void);
void check_normalization(void);
void check_reductions(void);
void check_elementwise(void);
void check_optimizers(void);
void check_dropout(void);
void check_storage(void);
void check_audio(void);
void check_attention(void);
void check_memory(void);
