// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels have bodies of their own for. A set is taught here: a row in SER_INSTRUCTION_SETS
// with its test in instruction_sets.c, and a header beside this one with its name, its target and how many floats a
// vector holds. Then each family of kernels (gemm, convolution, cells) gets a source that includes that header, says
// how large its tiles are and includes the family's body.
#pragma once
#include "ser_instruction_sets.h"
#include <stdint.h>

/// ROW(family, set) for each set, the best last.
#if defined(__x86_64__)
#define SER_INSTRUCTION_SETS(ROW, family) ROW(family, portable) ROW(family, avx2) ROW(family, avx512)
#else
#define SER_INSTRUCTION_SETS(ROW, family) ROW(family, portable)
#endif

/// SER_TABLE(gemm) is the name of the table that a source defines: ser_gemm_avx2 where SER_SET is avx2.
#define SER_TABLE(family) SER_TABLE_OF_SET(family, SER_SET)
#define SER_TABLE_OF_SET(family, set) SER_TABLE_NAME(family, set)
#define SER_TABLE_NAME(family, set) ser_##family##_##set

#define SER_DECLARE_TABLE(family, set) extern const ser_##family##_kernels ser_##family##_##set;
#define SER_TABLE_ADDRESS(family, set) &ser_##family##_##set,

/// Declares a family's tables, which are of the type ser_<family>_kernels, and ser_<family>_table(), the one in use.
#define SER_DISPATCH(family)                                                                                           \
    SER_INSTRUCTION_SETS(SER_DECLARE_TABLE, family)                                                                    \
    static inline const ser_##family##_kernels *ser_##family##_table(void) {                                           \
        static const ser_##family##_kernels *const tables[] = {SER_INSTRUCTION_SETS(SER_TABLE_ADDRESS, family)};       \
        return tables[ser_instruction_set()];                                                                          \
    }

#pragma GCC visibility push(hidden)
/// The set in use on this thread.
int32_t ser_instruction_set(void);
#pragma GCC visibility pop
