#include "ser_elementwise.h"
#include "target.h"

SER_CLONES void ser_add(float *out, const float *a, const float *b, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

SER_CLONES void ser_relu(float *out, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = x[i] <= 0 ? 0 : x[i];  // so that NaN stays NaN
}

SER_CLONES void ser_relu_backward(float *dx, const float *dy, const float *y, int64_t n, bool accumulate) {
    if (accumulate) {
        for (int64_t i = 0; i < n; i++) dx[i] += y[i] <= 0 ? 0 : dy[i];
    } else {
        for (int64_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
    }
}
