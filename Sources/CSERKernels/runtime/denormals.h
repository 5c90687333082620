// SPDX-License-Identifier: Apache-2.0
// Gradients that fade over many steps end in denormal numbers, on which arithmetic is slow: between these two calls
// they count as zero on this thread.
#pragma once
#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
static inline uint64_t ser_flush_denormals(void) {
    uint32_t before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);
    return before;
}
static inline void ser_restore_denormals(uint64_t before) { _mm_setcsr((uint32_t)before); }
#elif defined(__aarch64__)
static inline uint64_t ser_flush_denormals(void) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | (1ull << 24)));
    return before;
}
static inline void ser_restore_denormals(uint64_t before) { __asm__ volatile("msr fpcr, %0" : : "r"(before)); }
#else
static inline uint64_t ser_flush_denormals(void) { return 0; }
static inline void ser_restore_denormals(uint64_t before) { (void)before; }
#endif
