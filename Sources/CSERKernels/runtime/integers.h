// SPDX-License-Identifier: Apache-2.0
// Arithmetic of sizes.
#pragma once
#include <stdint.h>

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
/// The least multiple of `step` that is not below n.
static inline int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }
