// How a kernel is compiled for several instruction sets. SER_CLONES in front of a function makes one copy for AVX-512, one
// for AVX2 with FMA and one for the oldest x86-64, chosen when the library is loaded. Elsewhere it means nothing.
#pragma once
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
// Callees of a cloned function must be inlined into each clone, or they are called as the oldest x86-64's.
#define SER_INLINE static inline __attribute__((always_inline))
