/* A walk of one network through time: where things are, which step reads what.

Units are padded to whole vectors; what is padded meets no real number: products leave it
out, its gradients are zero. Compiled for float and double and for every set of
instructions (choose.c takes one), so that what is seen from outside has names of its own. */

#include <stdlib.h>
#include <string.h>

#include "products.h"
#include "recurrent.h"

#define LINE (64 / (int64_t)sizeof(REAL)) /* numbers in a line of the cache */

typedef struct {
    int64_t n_t, n_b, n_f, n_e, n_h, n_g, pad, row, columns;
    int64_t all;   /* samples of all networks: from step to step of what is kept */
    int64_t begin; /* of the inputs in a row of `given`: x, 1, h */
    int64_t dir;   /* of time */
    const REAL *x, *h0, *c0, *w_x, *w_h, *b_x, *b_h, *peep, *w_decay, *b_decay, *mask;
    const int64_t *lengths;
    REAL *given, *gates, *cells, *states, *decays, *last_h, *last_c;
    const REAL *d_outputs, *d_last_h, *d_last_c;
    REAL *d_x, *d_h, *d_c, *d_w_x, *d_w_h, *d_b_x, *d_b_h, *d_peep, *d_w_decay, *d_b_decay;
    int64_t given_step, gates_step, cells_step;
} Walk;

#define AT(pointer, n) ((pointer) ? (REAL *)(pointer) + (n) : NULL)

static inline Walk walk_of(const Call *call, int64_t network)
{
    Walk w = {0};
    w.n_t = call->n_timesteps;
    w.n_b = call->n_samples;
    w.n_f = call->n_inputs;
    w.n_e = call->n_elapsed;
    w.n_h = call->n_units;
    int64_t first = network * w.n_b;
    int64_t n_blocks = call->cell == LSTM ? 4 : call->cell == GRU ? 3 : 1;
    int64_t rows = network * n_blocks * w.n_h;
    w.n_g = n_blocks == 1 ? 1 : 4;
    w.pad = call->padded;
    w.row = call->offset + w.pad;
    w.columns = w.n_g * w.pad;
    w.all = call->n_networks * w.n_b;
    w.begin = call->offset - 1 - w.n_f;
    w.dir = call->reverse ? -1 : 1;
    w.x = AT(call->x, first * call->x_sample);
    w.h0 = AT(call->h, first * w.n_h);
    w.c0 = AT(call->c, first * w.n_h);
    w.w_x = AT(call->w_x, rows * w.n_f);
    w.w_h = AT(call->w_h, rows * w.n_h);
    w.b_x = AT(call->b_x, rows);
    w.b_h = AT(call->b_h, rows);
    w.peep = AT(call->peepholes, network * 3 * w.n_h);
    w.w_decay = AT(call->w_decay, network * w.n_h * w.n_e);
    w.b_decay = AT(call->b_decay, network * w.n_h);
    w.mask = AT(call->mask, first * w.n_h);
    w.lengths = call->lengths ? call->lengths + first : NULL;
    w.given = AT(call->given, first * w.row);
    w.gates = AT(call->gates, first * w.columns);
    w.cells = AT(call->cells, first * w.pad);
    w.states = AT(call->states, first * w.pad);
    w.decays = AT(call->decays, first * w.pad);
    w.last_h = AT(call->last_h, first * w.n_h);
    w.last_c = AT(call->last_c, first * w.n_h);
    w.d_outputs = AT(call->d_outputs, first * call->d_sample);
    w.d_last_h = AT(call->d_last_h, first * w.n_h);
    w.d_last_c = AT(call->d_last_c, first * w.n_h);
    w.d_x = AT(call->d_x, first * w.n_t * (w.n_f + w.n_e));
    w.d_h = AT(call->d_h, first * w.n_h);
    w.d_c = AT(call->d_c, first * w.n_h);
    w.d_w_x = AT(call->d_w_x, rows * w.n_f);
    w.d_w_h = AT(call->d_w_h, rows * w.n_h);
    w.d_b_x = AT(call->d_b_x, rows);
    w.d_b_h = AT(call->d_b_h, rows);
    w.d_peep = AT(call->d_peepholes, network * 3 * w.n_h);
    w.d_w_decay = AT(call->d_w_decay, network * w.n_h * w.n_e);
    w.d_b_decay = AT(call->d_b_decay, network * w.n_h);
    w.given_step = call->keeps || !w.states ? w.all * w.row : 0;
    w.gates_step = call->keeps && call->cell > RELU ? w.all * w.columns : 0;
    w.cells_step = call->keeps ? w.all * w.pad : 0;
    return w;
}

/* The time that step s reads, and where what it is given stands; one on is what it makes. */
INLINE int64_t time_of(const Walk *w, int64_t s) { return w->dir > 0 ? s : w->n_t - 1 - s; }
INLINE int64_t place_of(const Walk *w, int64_t s) { return w->dir > 0 ? s : w->n_t - s; }

/* The step after which a sequence ends. */
INLINE int64_t last_step(const Walk *w, int64_t b)
{
    int64_t n = w->lengths && w->dir > 0 ? w->lengths[b] : w->n_t;
    return n < 1 ? 0 : n > w->n_t ? w->n_t - 1 : n - 1;
}

/* Whether a sequence that is read backwards has not begun. */
INLINE int waits(const Walk *w, int64_t s, int64_t b)
{
    return w->lengths && w->dir < 0 && time_of(w, s) >= w->lengths[b];
}

INLINE REAL *decay_of(const Walk *w, int64_t s, int64_t b)
{
    return w->decays + (time_of(w, s) * w->all + b) * w->pad;
}

/* The times that step s reads of the first sequence. */
INLINE const REAL *elapsed_of(const Walk *w, const Call *call, int64_t s)
{
    return w->x + time_of(w, s) * call->x_step + w->n_f;
}

/* What a step is shown of the state before it. */
INLINE vec shown(const Walk *w, int64_t s, int64_t b, int64_t j, vec h)
{
    if (w->decays && s < w->n_t)
        h *= load(decay_of(w, s, b) + j);
    if (w->mask)
        h *= load_some(w->mask + b * w->n_h + j, w->n_h - j);
    return h;
}

/* Zeros that begin with a line of the cache; `memory` is to be freed. */
static inline REAL *new_numbers(int64_t n, void **memory)
{
    *memory = calloc((size_t)(n + LINE), sizeof(REAL));
    return *memory ? (REAL *)(((uintptr_t)*memory + 63) & ~(uintptr_t)63) : NULL;
}
