// SPDX-License-Identifier: Apache-2.0
// The words in which vector code is written, the same in every folder.
//
// There are two ways to compile a kernel for several instruction sets. A loop that the compiler turns into vectors by
// itself has SER_CLONES in front of its function. A kernel that depends on the width of a vector or on how many
// registers there are is a body (…_body.h) which a source for each set includes; instruction_sets.h tells of those.
#pragma once
#include <stdint.h>

/// One copy of the function for AVX-512, one for AVX2 with FMA and one for the oldest x86-64, chosen when the library
/// is loaded. Elsewhere it means nothing; under ThreadSanitizer such functions crash at start.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SER_SANITIZED 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(SER_SANITIZED)
#define SER_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SER_CLONES
#endif

/// Callees of a cloned function must be inlined into each clone, or they are called as the oldest x86-64's.
#define SER_INLINE static inline __attribute__((always_inline))

/// In front of a loop whose length is a constant: one copy of its body for each turn, so that arrays become registers.
#define SER_UNROLL _Pragma("clang loop unroll(full)")

// Vectors of SER_LANES floats, for sources that define SER_LANES first. They are passed by pointer to functions that
// are not inlined, and from cloned ones: by value their layout depends on the instruction set.
#if defined(SER_LANES)
typedef float lanes __attribute__((vector_size(4 * SER_LANES)));
/// What a comparison of two vectors gives: all bits of a lane set, or none.
typedef int32_t lane_mask __attribute__((vector_size(4 * SER_LANES)));
typedef float lanes_in_memory __attribute__((vector_size(4 * SER_LANES), aligned(4), may_alias));

/// The SER_LANES floats at p, wherever they lie.
#define SER_LOAD(p) (*(const lanes_in_memory *)(p))
#define SER_STORE(p, value) (*(lanes_in_memory *)(p) = (value))
#endif
