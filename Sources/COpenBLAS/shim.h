// SPDX-License-Identifier: Apache-2.0
// Single-precision BLAS and LAPACK as OpenBLAS ships them.
#pragma once
#include <cblas.h>
#include <lapacke.h>
