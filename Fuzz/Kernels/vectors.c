// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_audio.h"
#include "ser_elementwise.h"
#include "ser_optimizers.h"
#include "ser_reductions.h"
#include "ser_float_formats.h"

// Kernels over rows of numbers, against loops in double precision.

void check_reductions(void) {
    int64_t rows = check_between(1, 20), columns = check_between(1, 90), count = rows * columns;
    const float *x = check_random(count);
    double total = 0, row_sums[20] = {0}, column_sums[90] = {0};
    float greatest[20], columns_greatest[90], softmax[20 * 90], log_sum[20];
    for (int64_t c = 0; c < columns; c++) columns_greatest[c] = -INFINITY;
    for (int64_t r = 0; r < rows; r++) {
        greatest[r] = -INFINITY;
        double sum = 0;
        for (int64_t c = 0; c < columns; c++) {
            double value = x[r * columns + c];
            total += value, row_sums[r] += value, column_sums[c] += value, sum += exp(value);
            greatest[r] = fmaxf(greatest[r], (float)value);
            columns_greatest[c] = fmaxf(columns_greatest[c], (float)value);
        }
        for (int64_t c = 0; c < columns; c++) softmax[r * columns + c] = (float)(exp(x[r * columns + c]) / sum);
        log_sum[r] = (float)log(sum);
    }
    if (fabs(ser_sum(x, count) - total) > 1e-4) check_fail("the sum is %g, not %g", ser_sum(x, count), total);
    double *sums = check_bytes((rows > columns ? rows : columns) * 8);
    ser_sum_rows(sums, x, rows, columns);
    for (int64_t r = 0; r < rows; r++)
        if (fabs(sums[r] - row_sums[r]) > 1e-4) check_fail("row %lld", (long long)r);
    ser_sum_columns(sums, x, rows, columns);
    for (int64_t c = 0; c < columns; c++) {
        if (fabs(sums[c] - column_sums[c]) > 1e-4) check_fail("column %lld", (long long)c);
    }
    float *out = check_floats(count), *logarithm = check_floats(count), *dx = check_floats(count);
    ser_maximum_rows(out, x, rows, columns, 1);
    check_equal("greatest of rows", out, greatest, rows * 4);
    ser_maximum_columns(out, x, rows, columns, 1);
    check_equal("greatest of columns", out, columns_greatest, columns * 4);
    int32_t *places = check_integers(rows);
    ser_argmax_rows(places, x, rows, columns, 1);
    for (int64_t r = 0; r < rows; r++) {
        if (x[r * columns + places[r]] != greatest[r]) check_fail("the place in row %lld", (long long)r);
    }
    ser_softmax_rows(out, x, rows, columns);
    check_close("softmax", out, softmax, count, 1e-5);
    ser_softmax_backward_rows(dx, x, out, rows, columns, false);
    ser_log_softmax_rows(logarithm, x, rows, columns);
    for (int64_t i = 0; i < count; i++)
        if (fabs(exp(logarithm[i]) - softmax[i]) > 1e-5) check_fail("log softmax");
    ser_log_softmax_backward_rows(dx, x, logarithm, rows, columns, true);
    ser_log_sum_exp_rows(out, x, rows, columns);
    check_close("log sum exp", out, log_sum, rows, 1e-5);
}

static void check_copies(void) {
    int64_t rows = check_between(1, 30), columns = check_between(1, 40);
    const float *x = check_random(rows * columns);
    float *turned = check_floats(rows * columns), *back = check_floats(rows * columns);
    ser_copy_grid(turned, 1, rows, x, columns, 1, rows, columns, false);
    ser_copy_grid(back, columns, 1, turned, 1, rows, rows, columns, false);
    check_equal("a matrix turned twice", back, x, rows * columns * 4);
}

void check_elementwise(void) {
    check_copies();
    static const struct {
        ser_binary_kernel kernel;
        char sign;
    } kernels[] = {
        {ser_binary_add, '+'},    {ser_binary_subtract, '-'}, {ser_binary_multiply, '*'},
        {ser_binary_divide, '/'}, {ser_binary_maximum, '>'},  {ser_binary_minimum, '<'},
    };
    int64_t rows = check_between(1, 12), columns = check_between(1, 60), chosen = check_between(0, 5);
    bool row = check_coin(), column = check_coin();
    ser_grid grid = {.rows = rows,
                     .columns = columns,
                     .a_row = columns,
                     .a_column = 1,
                     .b_column = column,
                     .b_row = row ? (column ? columns : 1) : 0,
                     .accumulate = check_coin()};
    const float *a = check_random(rows * columns), *b = check_random((row ? rows : 1) * (column ? columns : 1));
    float *out = check_random(rows * columns), *expected = check_copy(out, rows * columns);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            float p = a[r * columns + c], q = b[r * grid.b_row + c * grid.b_column], value = 0;
            switch (kernels[chosen].sign) {
            case '+': value = p + q; break;
            case '-': value = p - q; break;
            case '*': value = p * q; break;
            case '/': value = p / q; break;
            case '>': value = fmaxf(p, q); break;
            default: value = fminf(p, q);
            }
            float *place = expected + r * columns + c;
            *place = grid.accumulate ? *place + value : value;
        }
    }
    kernels[chosen].kernel(out, a, b, grid);
    check_close("binary", out, expected, rows * columns, 1e-5);
    static const struct {
        ser_unary_kernel forward;
        ser_unary_backward_kernel backward;
        double (*function)(double);
    } unary[] = {
        {ser_unary_exp, ser_unary_exp_backward, exp},
        {ser_unary_tanh, ser_unary_tanh_backward, tanh},
        {ser_unary_abs, ser_unary_abs_backward, fabs},
    };
    int64_t count = check_between(1, 300), one = check_between(0, 2);
    const float *x = check_random(count);
    float *y = check_floats(count), *dx = check_floats(count), *values = check_floats(count);
    unary[one].forward(y, x, 1, 1, count);
    for (int64_t i = 0; i < count; i++) values[i] = (float)unary[one].function(x[i]);
    check_close("unary", y, values, count, 1e-5);
    unary[one].backward(dx, x, y, 1, 1, count, false);
}

void check_optimizers(void) {
    int64_t count = check_between(1, 300);
    float *p = check_random(count), *g = check_random(count), *m = check_random(count), *v = check_random(count);
    for (int64_t i = 0; i < count; i++) v[i] = fabsf(v[i]);
    float *expected = check_copy(p, count);
    ser_adam settings = {.keep = 1,
                         .one_minus_beta1 = 0.1f,
                         .beta2 = 0.999f,
                         .one_minus_beta2 = 0.001f,
                         .step = 0.01f,
                         .root_scale = 1,
                         .epsilon = 1e-3f};
    for (int64_t i = 0; i < count; i++) {
        double mean = m[i] + 0.1 * ((double)g[i] - m[i]), square = 0.999 * v[i] + 0.001 * g[i] * g[i];
        expected[i] = (float)(expected[i] - 0.01 * mean / (sqrt(square) + 1e-3));
    }
    ser_adam_step(p, g, m, v, count, settings);
    check_close("Adam", p, expected, count, 1e-4);
    ser_sgd_step(p, g, m, count, (ser_sgd){.rate = 0.1f, .momentum = 0.9f, .nesterov = check_coin()});
    ser_rmsprop_step(
        p, g, v, NULL, m, count,
        (ser_rmsprop){.rate = 0.01f, .alpha = 0.99f, .one_minus_alpha = 0.01f, .epsilon = 1e-3f, .momentum = 0.9f});
    double squares = 0;
    for (int64_t i = 0; i < count; i++) squares += (double)g[i] * g[i];
    if (fabs(ser_sum_of_squares(g, count) - squares) > 1e-4) check_fail("the sum of squares");
    ser_scale_in_place(g, count, 3);
    ser_clamp_in_place(g, count, 0.5f);
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(g[i]) <= 0.5f) || !isfinite(p[i])) check_fail("a step");
}

void check_storage(void) {
    int64_t count = check_between(1, 300);
    float *x = check_random(count), *back = check_floats(count);
    uint16_t *narrow = check_bytes(count * 2);
    ser_to_float16(narrow, x, count);
    ser_from_float16(back, narrow, count);
    check_close("binary16", back, x, count, 0x1p-11);
    ser_to_bfloat16(narrow, x, count);
    ser_from_bfloat16(back, narrow, count);
    check_close("bfloat16", back, x, count, 0x1p-8);
    uint8_t *bytes = check_bytes(count);
    double *wide = check_bytes(count * 8);
    for (int64_t i = 0; i < count; i++) bytes[i] = (uint8_t)check_between(0, 255), wide[i] = x[i];
    ser_from_float64(back, wide, count);
    check_equal("double", back, x, count * 4);
    ser_from_float8_e5m2(back, bytes, count);
    ser_from_float8_e4m3(back, bytes, count);
    for (int64_t i = 0; i < count; i++) narrow[i] = (uint16_t)check_between(0, 65535);
    ser_from_float16(back, narrow, count);
    if (ser_all_below(x, count, INFINITY) != 1) check_fail("finite numbers");
    x[check_between(0, count - 1)] = NAN;
    if (ser_all_below(x, count, INFINITY) != 0) check_fail("a NaN");
}

void check_audio(void) {
    int64_t count = check_between(1, 500);
    const float *x = check_random(count), *window = check_random(count);
    float *out = check_floats(count), *expected = check_floats(count);
    ser_audio_window(out, x, window, count);
    for (int64_t i = 0; i < count; i++) expected[i] = x[i] * window[i];
    check_close("window", out, expected, count, 1e-6);
    ser_audio_window_speech(out, x, window, count, 32768, check_coin(), 0.97f);
    double energy = 0;
    for (int64_t i = 0; i < count; i++) energy += (double)x[i] * x[i];
    if (fabs(ser_audio_energy(x, count) - energy) > 1e-3 * (1 + energy)) check_fail("the energy");
    if (fabs(ser_audio_dot(x, x, count) - energy) > 1e-12 * (1 + energy)) check_fail("a sum of products");
    if (ser_audio_all_finite(x, count) != 1) check_fail("finite numbers");
    int64_t pairs = check_between(1, 200);
    const float *z = check_random(2 * pairs);
    float *power = check_floats(pairs);
    ser_audio_power(power, z, pairs);
    for (int64_t i = 0; i < pairs; i++) {
        float value = z[2 * i] * z[2 * i] + z[2 * i + 1] * z[2 * i + 1];
        if (fabsf(power[i] - value) > 1e-6f) check_fail("the power of pair %lld", (long long)i);
    }
    float *levels = check_copy(power, pairs);
    ser_audio_decibels(levels, pairs, 1e-10f);
    for (int64_t i = 0; i < pairs; i++) {
        if (fabs(levels[i] - 10 * log10(fmax(power[i], 1e-10))) > 1e-3) check_fail("level %lld", (long long)i);
    }
    ser_audio_floor(levels, pairs, -80, 1);
    ser_audio_log(power, pairs, 1e-10f);
    int64_t rows = check_between(1, 9), inner = check_between(1, 40), columns = 16 * check_between(1, 3);
    const float *matrix = check_random(inner * columns), *values = check_random(rows * inner);
    float *projected = check_floats(rows * columns), *sums = check_floats(rows * columns);
    ser_audio_project(projected, columns, values, inner, matrix, rows, inner, columns);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            double sum = 0;
            for (int64_t i = 0; i < inner; i++) {
                sum += (double)values[r * inner + i] * matrix[(c / 16 * inner + i) * 16 + c % 16];
            }
            sums[r * columns + c] = (float)sum;
        }
    }
    check_close("projection", projected, sums, rows * columns, 1e-5);
}
