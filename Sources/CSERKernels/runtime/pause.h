// SPDX-License-Identifier: Apache-2.0
// What a thread does while it waits for a value that another core is about to write.
#pragma once

static inline void ser_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
