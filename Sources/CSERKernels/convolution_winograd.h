// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016):
// 36 products where the definition takes 144. With the interpolation points 0, +-1/sqrt(2), +-sqrt(2) and infinity its
// rounding error is about twice that of the definition (measured: 7e-7 against 3e-7 relative to the norm, 64 channels).
//
// A tile of 4 x 4 outputs sees 6 x 6 inputs. Transformed, tiles are 36 independent matrix products over the channels:
// m[k] = v[k] u[k], with v from inputs, u from weights, m to outputs. Backward, with each transform transposed:
// dv[k] = dm[k] u[k]^T and du[k] = v[k]^T dm[k].
#pragma once
#include "convolution_plan.h"

/// Floats of the transformed weights: for each panel [36][in channels][panel width] and then the bias [panel width], so
/// that a panel can be used on its own; for dx with inputs and outputs exchanged and without a bias.
int64_t winograd_packed_floats(const convolution_plan *p);
int64_t winograd_dx_packed_floats(const convolution_plan *p);
/// From the weights packed as the definition wants them, the bias behind them.
void winograd_pack(const convolution_plan *p, const float *packed, float *u);
void winograd_pack_for_dx(const convolution_plan *p, const float *packed, float *u);

/// As correlate_rows; `padded` has winograd_padded_rows(rows) rows.
void winograd_rows(
    const convolution_plan *p, const float *padded, const float *u, int64_t rows, float *y);

/// The backward pass of a group of images: take each, form the products, then give each dx.
typedef struct {
    const convolution_plan *plan;
    const float *u;               // for dx; NULL when it is not wanted
    int64_t tile_rows, tile_columns, group;
    int64_t v_plane, m_plane;     // floats between the 36 values of v and dv, of dm
    int64_t du_plane, du_panel;
    float *v, *m, *dv, *du;
    int64_t *offsets;
} winograd_task;

winograd_task winograd_begin(const convolution_plan *p, const float *u, int64_t images);
/// `dy` is zero wherever there is no output, over whole tiles.
void winograd_take(const winograd_task *t, int64_t slot, const float *padded, const float *dy);
void winograd_products(const winograd_task *t, int64_t images);
/// dx with its padding: tile_rows * 4 + 2 rows of plan->row positions.
void winograd_give(const winograd_task *t, int64_t slot, float *padded_dx);
/// Writes the partial dw and frees the rest.
void winograd_end(winograd_task *t, float *partial);
