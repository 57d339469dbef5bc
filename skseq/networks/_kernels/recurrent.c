/* All steps of a recurrent layer, forwards and back through time.

Compiled for float and double and for every set of instructions (choose.c takes one), so
that what is seen from outside has names of their own. Units are padded to whole vectors;
what is padded meets no real number: products leave it out, its gradients are zero. */

#include <stdlib.h>
#include <string.h>

#include "recurrent.h"
#include "vectors.h"

#ifndef ROWS
#define ROWS 128 /* samples, over steps, whose gradients of gates are multiplied at once */
#endif
#define LINE (64 / (int64_t)sizeof(REAL)) /* keeps rows off powers of two, and so in the cache */

typedef struct {
    int64_t n_t, n_b, n_f, n_h, n_g, pad, row, columns;
    int64_t all;   /* samples of all networks: from step to step of what is kept */
    int64_t begin; /* of the inputs in a row of `given`: x, 1, h */
    int64_t dir;   /* of time */
    const REAL *x, *h0, *c0, *w_x, *w_h, *b_x, *b_h, *peep, *mask, *decays;
    const int64_t *lengths;
    REAL *given, *gates, *cells, *states, *last_h, *last_c;
    const REAL *d_outputs, *d_last_h, *d_last_c;
    REAL *d_x, *d_h, *d_c, *d_w_x, *d_w_h, *d_b_x, *d_b_h, *d_peep, *d_decays;
    int64_t given_step, gates_step, cells_step;
} Walk;

#define AT(pointer, n) ((pointer) ? (REAL *)(pointer) + (n) : NULL)

static Walk walk_of(const Call *call, int64_t network)
{
    Walk w = {0};
    w.n_t = call->n_timesteps;
    w.n_b = call->n_samples;
    w.n_f = call->n_inputs;
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
    w.mask = AT(call->mask, first * w.n_h);
    w.decays = AT(call->decays, first * call->decays_sample);
    w.lengths = call->lengths ? call->lengths + first : NULL;
    w.given = AT(call->given, first * w.row);
    w.gates = AT(call->gates, first * w.columns);
    w.cells = AT(call->cells, first * w.pad);
    w.states = AT(call->states, first * w.pad);
    w.last_h = AT(call->last_h, first * w.n_h);
    w.last_c = AT(call->last_c, first * w.n_h);
    w.d_outputs = AT(call->d_outputs, first * call->d_sample);
    w.d_last_h = AT(call->d_last_h, first * w.n_h);
    w.d_last_c = AT(call->d_last_c, first * w.n_h);
    w.d_x = AT(call->d_x, first * w.n_t * w.n_f);
    w.d_h = AT(call->d_h, first * w.n_h);
    w.d_c = AT(call->d_c, first * w.n_h);
    w.d_w_x = AT(call->d_w_x, rows * w.n_f);
    w.d_w_h = AT(call->d_w_h, rows * w.n_h);
    w.d_b_x = AT(call->d_b_x, rows);
    w.d_b_h = AT(call->d_b_h, rows);
    w.d_peep = AT(call->d_peepholes, network * 3 * w.n_h);
    w.d_decays = AT(call->d_decays, first * w.n_t * w.n_h);
    w.given_step = call->keeps || !w.states ? w.all * w.row : 0;
    w.gates_step = call->keeps && call->cell > RELU ? w.all * w.columns : 0;
    w.cells_step = call->keeps ? w.all * w.pad : 0;
    return w;
}

/* The time that step s reads, and where what it is given stands. What it makes is one on. */
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

INLINE const REAL *decay_of(const Walk *w, const Call *call, int64_t s, int64_t b)
{
    return w->decays + b * call->decays_sample + time_of(w, s) * call->decays_step;
}

/* What a step is shown of the state before it. */
INLINE vec shown(const Walk *w, const Call *call, int64_t s, int64_t b, int64_t j, vec h)
{
    if (w->decays && s < w->n_t)
        h *= load_some(decay_of(w, call, s, b) + j, w->n_h - j);
    if (w->mask)
        h *= load_some(w->mask + b * w->n_h + j, w->n_h - j);
    return h;
}

/* ------------------------------------------------------------------------ forwards */

static void put_column(REAL *to, int64_t n_columns, int64_t n_k, int64_t column, const REAL *w_x, int64_t n_f, REAL one,
                       const REAL *w_h, int64_t n_h)
{
    int64_t stride;
    to = packed(to, n_columns, n_k, column, &stride);
    for (int64_t v = 0; v < n_f; v++, to += stride)
        *to = w_x[v];
    *to = one;
    to += stride;
    for (int64_t v = 0; v < n_h; v++, to += stride)
        *to = w_h[v];
}

/* Weights of [x, 1, h]; of a GRU for r and z, behind them of [1, h] for m, and of [x, 1] for n. */
static void pack_forwards(const Walk *w, int cell, REAL *to)
{
    int64_t n_f = w->n_f, n_h = w->n_h, pad = w->pad, n_k = n_f + 1 + n_h;
    REAL *to_m = to + 2 * pad * n_k, *to_n = to_m + pad * (1 + n_h);
    for (int64_t g = 0; g < (cell == GRU ? 3 : w->n_g); g++)
        for (int64_t u = 0; u < n_h; u++) {
            int64_t at = g * n_h + u;
            const REAL *w_x = w->w_x + at * n_f, *w_h = w->w_h + at * n_h;
            if (cell == GRU && g == 2) {
                put_column(to_m, pad, 1 + n_h, u, NULL, 0, w->b_h[at], w_h, n_h);
                put_column(to_n, pad, n_f + 1, u, w_x, n_f, w->b_x[at], NULL, 0);
            } else
                put_column(to, cell == GRU ? 2 * pad : w->columns, n_k, g * pad + u, w_x, n_f, w->b_x[at] + w->b_h[at],
                           w_h, n_h);
        }
}

INLINE void multiply_forwards(const Walk *w, int cell, const REAL *given, const REAL *weights, REAL *gates)
{
    int64_t pad = w->pad, row = w->row, n_f = w->n_f, n_k = n_f + 1 + w->n_h, n_b = w->n_b;
    const REAL *x = given + w->begin, *one = x + n_f;
    if (cell != GRU) {
        product(x, row, 1, weights, 0, gates, w->columns, n_b, w->columns, n_k, 0);
        return;
    }
    const REAL *to_m = weights + 2 * pad * n_k, *to_n = to_m + pad * (1 + w->n_h);
    product(x, row, 1, weights, 0, gates + pad, w->columns, n_b, 2 * pad, n_k, 0);
    product(one, row, 1, to_m, 0, gates, w->columns, n_b, pad, 1 + w->n_h, 0);
    product(x, row, 1, to_n, 0, gates + 3 * pad, w->columns, n_b, pad, n_f + 1, 0);
}

INLINE void gate_forwards(const Walk *w, const Call *call, int cell, int64_t s, REAL *gates)
{
    int64_t place = place_of(w, s), pad = w->pad, n_h = w->n_h;
    for (int64_t b = 0; b < w->n_b; b++) {
        REAL *before = w->given + place * w->given_step + b * w->row + call->offset;
        REAL *after = before + w->dir * w->given_step;
        REAL *state = AT(w->states, (place * w->all + b) * pad), *next_state = AT(state, w->dir * w->all * pad);
        REAL *cell_at = AT(w->cells, place * w->cells_step + b * pad), *next_cell = AT(cell_at, w->dir * w->cells_step);
        REAL *gate = gates + b * w->columns;
        int wait = waits(w, s, b), ends = s == last_step(w, b);
        for (int64_t j = 0; j < pad; j += LANES) {
            vec h, kept = load((state ? state : before) + j);
            vec c = {0}, c_before = {0};
            if (cell == LSTM) {
                c_before = load(cell_at + j);
                vec i = load(gate + j), f = load(gate + pad + j), o = load(gate + 3 * pad + j);
                if (w->peep) {
                    i += load_some(w->peep + j, n_h - j) * c_before;
                    f += load_some(w->peep + n_h + j, n_h - j) * c_before;
                }
                i = sigmoid(i);
                f = sigmoid(f);
                vec g = hyperbolic_tangent(load(gate + 2 * pad + j));
                c = f * c_before + i * g;
                if (w->peep)
                    o += load_some(w->peep + 2 * n_h + j, n_h - j) * c;
                o = sigmoid(o);
                h = o * hyperbolic_tangent(c);
                store(gate + j, i);
                store(gate + pad + j, f);
                store(gate + 2 * pad + j, g);
                store(gate + 3 * pad + j, o);
            } else if (cell == GRU) {
                vec r = sigmoid(load(gate + pad + j)), z = sigmoid(load(gate + 2 * pad + j));
                vec n = hyperbolic_tangent(load(gate + 3 * pad + j) + r * load(gate + j));
                vec from = w->decays ? kept * load_some(decay_of(w, call, s, b) + j, n_h - j) : kept;
                h = n + z * (from - n);
                store(gate + pad + j, r);
                store(gate + 2 * pad + j, z);
                store(gate + 3 * pad + j, n);
            } else if (cell == TANH)
                h = hyperbolic_tangent(load(gate + j));
            else {
                h = load(gate + j);
                h = pick(h < 0, (vec){0}, h);
            }
            if (wait) {
                h = kept;
                c = c_before;
            }
            if (cell == LSTM)
                store(next_cell + j, c);
            if (state)
                store(next_state + j, h);
            if (ends) {
                store_some(w->last_h + b * n_h + j, h, n_h - j);
                if (cell == LSTM)
                    store_some(w->last_c + b * n_h + j, c, n_h - j);
            }
            store(after + j, shown(w, call, s + 1, b, j, h));
        }
    }
}

INLINE void walk_forwards(const Walk *w, const Call *call, int cell, REAL *weights, REAL *gates)
{
    pack_forwards(w, cell, weights);
    int64_t place = place_of(w, 0);
    for (int64_t b = 0; b < w->n_b; b++)
        for (int64_t j = 0; j < w->pad; j += LANES) {
            vec h = load_some(w->h0 + b * w->n_h + j, w->n_h - j);
            store(w->given + place * w->given_step + b * w->row + call->offset + j, shown(w, call, 0, b, j, h));
            if (w->states)
                store(w->states + (place * w->all + b) * w->pad + j, h);
            if (cell == LSTM)
                store(w->cells + place * w->cells_step + b * w->pad + j,
                      load_some(w->c0 + b * w->n_h + j, w->n_h - j));
        }
    for (int64_t s = 0; s < w->n_t; s++) {
        REAL *given = w->given + place_of(w, s) * w->given_step;
        for (int64_t b = 0; b < w->n_b; b++) {
            const REAL *x = w->x + b * call->x_sample + time_of(w, s) * call->x_step;
            REAL *to = given + b * w->row + w->begin;
            for (int64_t v = 0; v < w->n_f; v++)
                to[v] = x[v];
            to[w->n_f] = 1;
        }
        REAL *gate = gates + s * w->gates_step;
        multiply_forwards(w, cell, given, weights, gate);
        gate_forwards(w, call, cell, s, gate);
    }
}

/* Zeros that begin with a line of the cache; `memory` is to be freed. */
static REAL *new_numbers(int64_t n, void **memory)
{
    *memory = calloc((size_t)(n + LINE), sizeof(REAL));
    return *memory ? (REAL *)(((uintptr_t)*memory + 63) & ~(uintptr_t)63) : NULL;
}

int64_t FORWARDS(const Call *call)
{
    for (int64_t network = 0; network < call->n_networks; network++) {
        Walk w = walk_of(call, network);
        int64_t n_weights = w.columns * (w.n_f + 1 + w.n_h);
        void *memory;
        REAL *weights = new_numbers(n_weights + (w.gates ? 0 : w.n_b * w.columns), &memory);
        if (!weights)
            return 1;
        REAL *gates = w.gates ? w.gates : weights + n_weights;
        if (call->cell == TANH)
            walk_forwards(&w, call, TANH, weights, gates);
        else if (call->cell == RELU)
            walk_forwards(&w, call, RELU, weights, gates);
        else if (call->cell == GRU)
            walk_forwards(&w, call, GRU, weights, gates);
        else
            walk_forwards(&w, call, LSTM, weights, gates);
        free(memory);
    }
    return 0;
}

/* ---------------------------------------------------------------------------- back */

typedef struct {
    int64_t line;  /* from row to row of gradients of gates */
    int64_t block; /* steps of which they are kept, to be multiplied at once */
    int64_t n_x;   /* inputs, padded */
    REAL *to_h, *to_x;       /* weights that lead back */
    REAL *gates;             /* (block, B, line) */
    REAL *weights;           /* (F + 1 + H, line) */
    REAL *seen, *kept;       /* gradients of what the step after was shown, and kept */
    REAL *cells, *peepholes; /* (B, padded), (3, padded) */
    REAL *x;                 /* (block B, n_x) */
} Back;

/* Weights that lead from gates to the state and to the inputs. Of a GRU, the state meets
m, r, z and inputs r, z, n. */
static void pack_back(const Walk *w, int cell, const Back *back)
{
    int64_t n_h = w->n_h, n_f = w->n_f, pad = w->pad;
    int64_t n_blocks = cell == GRU ? 3 : w->n_g;
    int64_t n_k = n_blocks * pad;
    for (int64_t g = 0; g < n_blocks; g++) {
        int64_t place = cell == GRU ? (g + 1) % 3 : g;
        for (int64_t v = 0; v < n_h; v++) {
            int64_t stride;
            REAL *to = packed(back->to_h, pad, n_k, v, &stride) + place * pad * stride;
            for (int64_t u = 0; u < n_h; u++)
                to[u * stride] = w->w_h[(g * n_h + u) * n_h + v];
        }
        for (int64_t v = 0; v < (back->to_x ? n_f : 0); v++) {
            int64_t stride;
            REAL *to = packed(back->to_x, back->n_x, n_k, v, &stride) + g * pad * stride;
            for (int64_t u = 0; u < n_h; u++)
                to[u * stride] = w->w_x[(g * n_h + u) * n_f + v];
        }
    }
}

/* The gradient of the state before step s, from that step alone. */
INLINE vec carried(const Walk *w, const Call *call, const Back *back, int64_t s, int64_t b, int64_t j)
{
    int64_t n_h = w->n_h, n = n_h - j;
    vec d = load(back->seen + b * w->pad + j);
    if (w->mask)
        d *= load_some(w->mask + b * n_h + j, n);
    if (back->kept)
        d += load(back->kept + b * w->pad + j);
    if (w->decays && s < w->n_t) {
        REAL *to = w->d_decays + (b * w->n_t + time_of(w, s)) * n_h + j;
        int wait = waits(w, s, b);
        vec h = load(w->states + (place_of(w, s) * w->all + b) * w->pad + j);
        store_some(to, wait ? (vec){0} : d * h, n);
        if (!wait)
            d *= load_some(decay_of(w, call, s, b) + j, n);
    }
    return d;
}

/* Gradients of the gates of step s, into rows of `to`. */
INLINE void gate_back(const Walk *w, const Call *call, const Back *back, int cell, int64_t s, REAL *to)
{
    int64_t place = place_of(w, s), pad = w->pad, n_h = w->n_h, line = back->line;
    int64_t tail = n_h % LANES;
    ivec real = {0}; /* lanes of the last vector */
    for (int64_t i = 0; i < LANES; i++)
        real[i] = tail == 0 || i < tail ? -1 : 0;
    for (int64_t b = 0; b < w->n_b; b++, to += line) {
        const REAL *before = w->given + (place * w->all + b) * w->row + call->offset;
        const REAL *after = before + w->dir * w->all * w->row;
        const REAL *state = AT(w->states, (place * w->all + b) * pad), *next_state = AT(state, w->dir * w->all * pad);
        const REAL *cell_at = AT(w->cells, (place * w->all + b) * pad), *next_cell = AT(cell_at, w->dir * w->all * pad);
        const REAL *gate = AT(w->gates, (s * w->all + b) * w->columns);
        const REAL *d_output = AT(w->d_outputs, b * call->d_sample + time_of(w, s) * call->d_step);
        REAL *kept = AT(back->kept, b * pad), *d_cell = AT(back->cells, b * pad);
        int wait = waits(w, s, b), ends = s == last_step(w, b);
        for (int64_t j = 0; j < pad; j += LANES) {
            int64_t n = n_h - j;
            ivec keep = wait || n <= 0 ? (ivec){0} : n < LANES ? real : ~(ivec){0};
            vec d = carried(w, call, back, s + 1, b, j), d_gates[4] = {{0}};
            if (d_output) {
                __builtin_prefetch(d_output - w->dir * call->d_step + j); /* rows lie far apart */
                d += load_some(d_output + j, n);
            }
            if (ends && w->d_last_h)
                d += load_some(w->d_last_h + b * n_h + j, n);
            vec passed = d;
            if (cell == LSTM) {
                vec i = load(gate + j), f = load(gate + pad + j), g = load(gate + 2 * pad + j), o = load(gate + 3 * pad + j);
                vec c_before = load(cell_at + j), c = load(next_cell + j), t = hyperbolic_tangent(c);
                vec dc = load(d_cell + j);
                if (ends && w->d_last_c)
                    dc += load_some(w->d_last_c + b * n_h + j, n);
                vec waiting = dc;
                vec d_o = d * t * o * (1 - o);
                dc += d * o * (1 - t * t);
                if (w->peep)
                    dc += load_some(w->peep + 2 * n_h + j, n) * d_o;
                d_gates[0] = dc * g * i * (1 - i);
                d_gates[1] = dc * c_before * f * (1 - f);
                d_gates[2] = dc * i * (1 - g * g);
                d_gates[3] = d_o;
                dc *= f;
                if (w->peep) {
                    dc += load_some(w->peep + j, n) * d_gates[0] + load_some(w->peep + n_h + j, n) * d_gates[1];
                    REAL *sums = back->peepholes + j;
                    ivec lanes = keep;
                    store(sums, load(sums) + pick(lanes, d_gates[0] * c_before, (vec){0}));
                    store(sums + pad, load(sums + pad) + pick(lanes, d_gates[1] * c_before, (vec){0}));
                    store(sums + 2 * pad, load(sums + 2 * pad) + pick(lanes, d_o * c, (vec){0}));
                }
                store(d_cell + j, wait ? waiting : dc);
            } else if (cell == GRU) {
                vec m = load(gate + j), r = load(gate + pad + j), z = load(gate + 2 * pad + j), x = load(gate + 3 * pad + j);
                vec from = load((state ? state : before) + j);
                if (w->decays)
                    from *= load_some(decay_of(w, call, s, b) + j, n);
                vec d_n = d * (1 - z) * (1 - x * x);
                d_gates[0] = d_n * r;
                d_gates[1] = d_n * m * r * (1 - r);
                d_gates[2] = d * (from - x) * z * (1 - z);
                d_gates[3] = d_n;
                passed = d * z;
            } else {
                vec h = load((next_state ? next_state : after) + j);
                d_gates[0] = cell == TANH ? d * (1 - h * h) : pick(h <= 0, (vec){0}, d);
            }
            if (kept)
                store(kept + j, wait ? d : cell == GRU ? passed : (vec){0});
            for (int64_t g = 0; g < w->n_g; g++)
                store(to + g * pad + j, pick(keep, d_gates[g], (vec){0}));
        }
    }
}

/* Add gradients of weights of some steps; rows of `given` and of `gates` lie alike. */
INLINE void add_weights(const Walk *w, const Back *back, int cell, const REAL *given, const REAL *gates, int64_t n)
{
    int64_t line = back->line, row = w->row, pad = w->pad, n_f = w->n_f, n_h = w->n_h;
    const REAL *x = given + w->begin;
    REAL *to = back->weights;
    if (cell != GRU) {
        product(x, 1, row, gates, line, to, line, n_f + 1 + n_h, w->columns, n, 1);
        return;
    }
    product(x, 1, row, gates + pad, line, to + pad, line, n_f + 1, 3 * pad, n, 1);
    product(x + n_f, 1, row, gates, line, to + n_f * line, line, 1, pad, n, 1);
    product(x + n_f + 1, 1, row, gates, line, to + (n_f + 1) * line, line, n_h, 3 * pad, n, 1);
}

static void unpack_weights(const Walk *w, int cell, const Back *back)
{
    int64_t n_h = w->n_h, n_f = w->n_f, pad = w->pad, line = back->line;
    for (int64_t g = 0; g < (cell == GRU ? 3 : w->n_g); g++)
        for (int64_t u = 0; u < n_h; u++) {
            int64_t at = g * n_h + u;
            int64_t to_h = (cell == GRU ? (g + 1) % 3 : g) * pad + u;
            int64_t to_x = (cell == GRU ? g + 1 : g) * pad + u;
            const REAL *from = back->weights;
            for (int64_t v = 0; v < n_f; v++)
                w->d_w_x[at * n_f + v] = from[v * line + to_x];
            w->d_b_x[at] = from[n_f * line + to_x];
            w->d_b_h[at] = from[n_f * line + to_h];
            for (int64_t v = 0; v < n_h; v++)
                w->d_w_h[at * n_h + v] = from[(n_f + 1 + v) * line + to_h];
        }
}

/* Multiply what is kept of steps s and after: gradients of weights and of inputs. */
INLINE void finish_block(const Walk *w, const Back *back, int cell, int64_t s, int64_t n, REAL *gates)
{
    int64_t rows = w->n_b * back->line, lowest = w->dir > 0 ? place_of(w, s) : place_of(w, s + n - 1);
    const REAL *given = w->given + lowest * w->all * w->row;
    if (w->all == w->n_b)
        add_weights(w, back, cell, given, gates, n * w->n_b);
    else
        for (int64_t i = 0; i < n; i++)
            add_weights(w, back, cell, given + i * w->all * w->row, gates + i * rows, w->n_b);
    if (!w->d_x)
        return;
    int64_t first = cell == GRU ? w->pad : 0;
    product(gates + first, back->line, 1, back->to_x, 0, back->x, back->n_x, n * w->n_b, back->n_x, w->columns - first, 0);
    for (int64_t i = 0; i < n; i++) {
        int64_t t = w->dir > 0 ? lowest + i : lowest + i - 1;
        for (int64_t b = 0; b < w->n_b; b++)
            memcpy(w->d_x + (b * w->n_t + t) * w->n_f, back->x + (i * w->n_b + b) * back->n_x, w->n_f * sizeof(REAL));
    }
}

INLINE void walk_back(const Walk *w, const Call *call, const Back *back, int cell)
{
    int64_t n_h = w->n_h, pad = w->pad, rows = w->n_b * back->line, n = 0;
    int64_t n_k = cell == GRU ? 3 * pad : w->columns;
    pack_back(w, cell, back);
    for (int64_t s = w->n_t - 1; s >= 0; s--) { /* gates lie as what is given: by place */
        REAL *gates = back->gates + (w->dir > 0 ? back->block - 1 - n : n) * rows;
        n++;
        gate_back(w, call, back, cell, s, gates);
        product(gates, back->line, 1, back->to_h, 0, back->seen, pad, w->n_b, pad, n_k, 0);
        if (n == back->block || s == 0) {
            finish_block(w, back, cell, s, n, w->dir > 0 ? gates : back->gates);
            n = 0;
        }
    }
    for (int64_t b = 0; b < w->n_b; b++)
        for (int64_t j = 0; j < n_h; j += LANES) {
            store_some(w->d_h + b * n_h + j, carried(w, call, back, 0, b, j), n_h - j);
            if (cell == LSTM)
                store_some(w->d_c + b * n_h + j, load(back->cells + b * pad + j), n_h - j);
        }
    unpack_weights(w, cell, back);
    for (int64_t p = 0; p < (w->peep ? 3 : 0); p++)
        memcpy(w->d_peep + p * n_h, back->peepholes + p * pad, n_h * sizeof(REAL));
}

int64_t BACK(const Call *call)
{
    for (int64_t network = 0; network < call->n_networks; network++) {
        Walk w = walk_of(call, network);
        Back back = {0};
        back.line = w.columns + LINE;
        int64_t state = w.n_b * w.pad, size = LINE;
        back.block = w.n_b < ROWS ? ROWS / w.n_b : 1;
        if (back.block > w.n_t)
            back.block = w.n_t;
        back.n_x = w.d_x ? (w.n_f + size - 1) / size * size : 0;
        int keeps = call->cell == GRU || (w.lengths && w.dir < 0);
        int64_t sizes[] = {
            w.columns * w.pad, w.columns * back.n_x, back.block * w.n_b * back.line, (w.n_f + 1 + w.n_h) * back.line,
            state, keeps ? state : 0, call->cell == LSTM ? state : 0, w.peep ? 3 * w.pad : 0,
            back.block * w.n_b * back.n_x};
        REAL **parts[] = {&back.to_h, &back.to_x, &back.gates, &back.weights, &back.seen, &back.kept,
                          &back.cells, &back.peepholes, &back.x};
        int64_t n_parts = sizeof(sizes) / sizeof(*sizes), total = 0;
        for (int64_t i = 0; i < n_parts; i++)
            total += sizes[i];
        void *memory;
        REAL *numbers = new_numbers(total, &memory);
        if (!numbers)
            return 1;
        for (int64_t i = 0; i < n_parts; numbers += sizes[i++])
            *parts[i] = sizes[i] ? numbers : NULL;
        if (call->cell == TANH)
            walk_back(&w, call, &back, TANH);
        else if (call->cell == RELU)
            walk_back(&w, call, &back, RELU);
        else if (call->cell == GRU)
            walk_back(&w, call, &back, GRU);
        else
            walk_back(&w, call, &back, LSTM);
        free(memory);
    }
    return 0;
}
