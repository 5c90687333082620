// Multiply-adds on registers alone, as many as the processor can have under way: what products are measured against.
// Included by each kernels_*.c after gemm_tiles.h.

enum { PEAK_SUMS = 12 };

/// Runs `rounds` of them and returns how many additions and multiplications that was.
static double multiply_adds(int64_t rounds, float *out) {
    lanes sum[PEAK_SUMS], factor, addend;
    SER_UNROLL for (int l = 0; l < SER_LANES; l++) { factor[l] = out[0]; addend[l] = out[1]; }
    SER_UNROLL for (int s = 0; s < PEAK_SUMS; s++) sum[s] = addend;
    for (int64_t i = 0; i < rounds; i++)
        SER_UNROLL for (int s = 0; s < PEAK_SUMS; s++) sum[s] = sum[s] * factor + addend;
    lanes total = sum[0];
    SER_UNROLL for (int s = 1; s < PEAK_SUMS; s++) total += sum[s];
    for (int l = 0; l < SER_LANES; l++) out[0] += total[l];
    return 2.0 * PEAK_SUMS * SER_LANES * (double)rounds;
}
