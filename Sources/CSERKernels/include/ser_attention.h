// SPDX-License-Identifier: Apache-2.0
// Scores of additive attention (Bahdanau, Cho and Bengio, 2015). The sums of one query and one key are never stored:
// the backward pass computes them again, which is quicker than to read [queries, keys, units] values from memory.
#pragma once
#include <stdint.h>

/// scores[t, s] = sum over u of v[u] * tanh(q[t, u] + k[s, u]) for keys s below `valid`, 0 for the others.
void ser_additive_scores(float *_Nonnull scores, const float *_Nonnull q, const float *_Nonnull k,
                         const float *_Nonnull v, int64_t queries, int64_t keys, int64_t valid, int64_t units);
/// Gradients of the above: dq [queries, units], dk [keys, units] and dv [units], all written.
void ser_additive_scores_backward(float *_Nonnull dq, float *_Nonnull dk, float *_Nonnull dv,
                                  const float *_Nonnull dscores, const float *_Nonnull q, const float *_Nonnull k,
                                  const float *_Nonnull v, int64_t queries, int64_t keys, int64_t valid, int64_t units);
