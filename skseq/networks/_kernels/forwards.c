/* All steps of a recurrent layer, forwards. */

#include "walk.h"

static void put_column(REAL *to, int64_t n_columns, int64_t n_k, int64_t column,
                       const REAL *w_x, int64_t n_f, REAL one, const REAL *w_h, int64_t n_h)
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

/* Weights of [x, 1, h]; of a GRU for r and z, then of [1, h] for m and [x, 1] for n. */
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
                put_column(to, cell == GRU ? 2 * pad : w->columns, n_k, g * pad + u, w_x,
                           n_f, w->b_x[at] + w->b_h[at], w_h, n_h);
        }
}

INLINE void multiply_forwards(const Walk *w, int cell, const REAL *given,
                              const REAL *weights, REAL *gates)
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
        REAL *state = AT(w->states, (place * w->all + b) * pad),
             *next_state = AT(state, w->dir * w->all * pad);
        REAL *cell_at = AT(w->cells, place * w->cells_step + b * pad),
             *next_cell = AT(cell_at, w->dir * w->cells_step);
        REAL *gate = gates + b * w->columns;
        int wait = waits(w, s, b), ends = s == last_step(w, b);
        for (int64_t j = 0; j < pad; j += LANES) {
            vec h, kept = load((state ? state : before) + j);
            vec c = {0}, c_before = {0};
            if (cell == LSTM) {
                c_before = load(cell_at + j);
                vec i = load(gate + j), f = load(gate + pad + j),
                    o = load(gate + 3 * pad + j);
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
                vec r = sigmoid(load(gate + pad + j)),
                    z = sigmoid(load(gate + 2 * pad + j));
                vec n = hyperbolic_tangent(load(gate + 3 * pad + j) + r * load(gate + j));
                vec from = w->decays ? kept * load(decay_of(w, s, b) + j) : kept;
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
            store(after + j, shown(w, s + 1, b, j, h));
        }
    }
}

/* What the state is multiplied by before each step. */
static void make_decays(const Walk *w, const Call *call, REAL *weights)
{
    int64_t pad = w->pad, n_h = w->n_h, n_e = w->n_e;
    for (int64_t u = 0; u < n_h; u++) {
        int64_t stride;
        REAL *to = packed(weights, pad, n_e, u, &stride);
        for (int64_t v = 0; v < n_e; v++)
            to[v * stride] = w->w_decay[u * n_e + v];
    }
    for (int64_t s = 0; s < w->n_t; s++) {
        product(elapsed_of(w, call, s), call->x_sample, 1, weights, 0, decay_of(w, s, 0),
                pad, w->n_b, pad, n_e, 0);
        for (int64_t b = 0; b < w->n_b; b++)
            for (int64_t j = 0; j < pad; j += LANES) {
                REAL *decay = decay_of(w, s, b) + j;
                vec lost = load(decay) + load_some(w->b_decay + j, n_h - j);
                store(decay, remainder_of(lost));
            }
    }
}

INLINE void walk_forwards(const Walk *w, const Call *call, int cell, REAL *weights,
                          REAL *gates)
{
    pack_forwards(w, cell, weights);
    int64_t place = place_of(w, 0);
    for (int64_t b = 0; b < w->n_b; b++)
        for (int64_t j = 0; j < w->pad; j += LANES) {
            vec h = load_some(w->h0 + b * w->n_h + j, w->n_h - j);
            store(w->given + place * w->given_step + b * w->row + call->offset + j,
                  shown(w, 0, b, j, h));
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

int64_t FORWARDS(const Call *call)
{
    for (int64_t network = 0; network < call->n_networks; network++) {
        Walk w = walk_of(call, network);
        int64_t n_weights = w.columns * (w.n_f + 1 + w.n_h);
        int64_t n_decays = w.pad * w.n_e, n_gates = w.gates ? 0 : w.n_b * w.columns;
        void *memory;
        REAL *weights = new_numbers(n_weights + n_decays + n_gates, &memory);
        if (!weights)
            return 1;
        REAL *gates = w.gates ? w.gates : weights + n_weights + n_decays;
        if (w.decays)
            make_decays(&w, call, weights + n_weights);
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
