// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_instruction_sets.h"
#include "ser_parallel.h"
#include <stdarg.h>
#include <time.h>

static uint64_t state = 1;
static void *blocks[4096];
static int64_t block_count;
static char current[512];

static uint64_t next(void) {  // SplitMix64 (Steele, Lea and Flood, 2014)
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

int64_t check_between(int64_t low, int64_t high) { return low + (int64_t)(next() % (uint64_t)(high - low + 1)); }

bool check_coin(void) { return next() & 1; }

void *check_bytes(int64_t count) {
    void *block = NULL;
    if (block_count == 4096) check_fail("too many buffers in one case");
    // Some kernels want their memory aligned; what lies beyond the last byte is nobody's all the same.
    if (posix_memalign(&block, 64, count > 0 ? (size_t)count : 1)) check_fail("no memory");
    blocks[block_count++] = block;
    return block;
}

void check_release(void) {
    while (block_count > 0) free(blocks[--block_count]);
}

float *check_floats(int64_t count) {
    float *x = check_bytes(count * (int64_t)sizeof(float));
    for (int64_t i = 0; i < count; i++) x[i] = NAN;
    return x;
}

float *check_random(int64_t count) {
    float *x = check_bytes(count * (int64_t)sizeof(float));
    for (int64_t i = 0; i < count; i++) x[i] = (float)((double)(next() >> 40) * 0x1p-23 - 1);
    return x;
}

float *check_copy(const float *x, int64_t count) {
    float *copy = check_bytes(count * (int64_t)sizeof(float));
    memcpy(copy, x, (size_t)count * sizeof(float));
    return copy;
}

int32_t *check_integers(int64_t count) {
    int32_t *x = check_bytes(count * (int64_t)sizeof(int32_t));
    memset(x, 0, (size_t)count * sizeof(int32_t));
    return x;
}

int32_t *check_lengths(int64_t count, int64_t most) {
    if (check_coin()) return NULL;
    int32_t *x = check_integers(count);
    for (int64_t i = 0; i < count; i++) x[i] = (int32_t)check_between(1, most);
    return x;
}

void check_case(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(current, sizeof current, format, arguments);
    va_end(arguments);
}

void check_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", current);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

void check_close(const char *what, const float *found, const float *expected, int64_t count, double tolerance) {
    double greatest = 1;
    for (int64_t i = 0; i < count; i++) greatest = fmax(greatest, fabs(expected[i]));
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs((double)found[i] - expected[i]) <= tolerance * greatest)) {
            check_fail("%s[%lld] is %.9g and should be %.9g", what, (long long)i, found[i], expected[i]);
        }
    }
}

void check_equal(const char *what, const void *found, const void *expected, int64_t bytes) {
    if (memcmp(found, expected, (size_t)bytes)) check_fail("%s differs", what);
}

void check_each_way(void (*body)(int run, void *context), void *context) {
    int run = 0;
    int32_t sets = ser_instruction_sets();
    for (int32_t set = 0; set < sets; set++) {
        for (int32_t threads = 1; threads <= 5; threads += 2) {
            ser_use_instruction_set(set);
            ser_set_threads(threads);
            body(run++, context);
        }
    }
    ser_use_instruction_set(-1);
}

typedef struct {
    const char *name;
    void (*check)(void);
    int64_t count;
} family;

int main(int count, char **arguments) {
    family families[] = {
        {"products", check_products, 0},
        {"convolution", check_convolution, 0},
        {"convolution block", check_convolution_block, 0},
        {"pooling", check_pooling, 0},
        {"recurrent", check_recurrent, 0},
        {"normalization", check_normalization, 0},
        {"reductions", check_reductions, 0},
        {"elementwise", check_elementwise, 0},
        {"optimizers", check_optimizers, 0},
        {"dropout", check_dropout, 0},
        {"storage", check_storage, 0},
        {"audio", check_audio, 0},
        {"attention", check_attention, 0},
        {"memory", check_memory, 0},
    };
    int64_t families_count = (int64_t)(sizeof families / sizeof *families);
    double seconds = count > 1 ? atof(arguments[1]) : 10;
    uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL);
    printf("kernels: seed %llu, %d instruction sets\n", (unsigned long long)seed, ser_instruction_sets());
    fflush(stdout);
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int64_t cases = 0;
    do {
        family *chosen = &families[cases % families_count];
        state = seed + (uint64_t)cases * 0x632BE59BD9B4E019u;
        check_case("%s, seed %llu, case %lld", chosen->name, (unsigned long long)seed, (long long)cases);
        chosen->check();
        check_release();
        chosen->count++;
        cases++;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) * 1e-9 < seconds);
    for (int64_t i = 0; i < families_count; i++) {
        printf("  %-18s %lld cases\n", families[i].name, (long long)families[i].count);
    }
    return 0;
}
