/* Back through all steps of a recurrent layer. */

#include "walk.h"

#ifndef ROWS
#define ROWS 128 /* samples, over steps, whose gates' gradients are multiplied at once */
#endif

typedef struct {
    int64_t line;            /* from row to row of gradients of gates */
    int64_t block;           /* steps of which they are kept, to be multiplied at once */
    int64_t n_x;             /* inputs, padded */
    REAL *to_h, *to_x;       /* weights that lead back */
    REAL *gates;             /* (block, B, line) */
    REAL *weights;           /* (F + 1 + H, line) */
    REAL *seen, *kept;       /* gradients of what the step after was shown, and kept */
    REAL *cells, *peepholes; /* (B, padded), (3, padded) */
    REAL *x;                 /* (block B, n_x) */
    int64_t n_elapsed;       /* padded */
    REAL *to_elapsed;        /* weights that lead back */
    REAL *lost, *elapsed;    /* gradients of a step, (B, padded), (B, n_elapsed) */
    REAL *w_decay, *b_decay; /* (E, padded), (padded) */
} Back;

/* Weights that lead from gates to states (a GRU's m, r, z) and to inputs (its r, z, n). */
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
    for (int64_t v = 0; v < (back->to_elapsed ? w->n_e : 0); v++) {
        int64_t stride;
        REAL *to = packed(back->to_elapsed, back->n_elapsed, pad, v, &stride);
        for (int64_t u = 0; u < n_h; u++)
            to[u * stride] = w->w_decay[u * w->n_e + v];
    }
}

/* The gradient of the state before step s, from that step alone. */
INLINE vec carried(const Walk *w, const Back *back, int64_t s, int64_t b, int64_t j)
{
    vec d = load(back->seen + b * w->pad + j);
    if (w->mask)
        d *= load_some(w->mask + b * w->n_h + j, w->n_h - j);
    if (back->kept)
        d += load(back->kept + b * w->pad + j);
    if (w->decays && s < w->n_t) {
        vec decay = load(decay_of(w, s, b) + j), lost = {0};
        vec h = load(w->states + (place_of(w, s) * w->all + b) * w->pad + j);
        if (!waits(w, s, b)) {
            d *= decay;
            lost = pick(decay == 1, lost, -d * h);
        }
        store(back->lost + b * w->pad + j, lost);
        store(back->b_decay + j, load(back->b_decay + j) + lost);
    }
    return d;
}

/* Multiply what `carried` left of step s: gradients of weights and of times. */
static void finish_decay(const Walk *w, const Call *call, const Back *back, int64_t s)
{
    int64_t n_e = w->n_e, pad = w->pad, n_row = w->n_f + n_e;
    product(elapsed_of(w, call, s), 1, call->x_sample, back->lost, pad, back->w_decay, pad,
            n_e, pad, w->n_b, 1);
    if (!w->d_x)
        return;
    product(back->lost, pad, 1, back->to_elapsed, 0, back->elapsed, back->n_elapsed, w->n_b,
            back->n_elapsed, pad, 0);
    for (int64_t b = 0; b < w->n_b; b++)
        memcpy(w->d_x + (b * w->n_t + time_of(w, s)) * n_row + w->n_f,
               back->elapsed + b * back->n_elapsed, n_e * sizeof(REAL));
}

/* Gradients of the gates of step s, into rows of `to`. */
INLINE void gate_back(const Walk *w, const Call *call, const Back *back, int cell,
                      int64_t s, REAL *to)
{
    int64_t place = place_of(w, s), pad = w->pad, n_h = w->n_h, line = back->line;
    int64_t tail = n_h % LANES;
    ivec real = {0}; /* lanes of the last vector */
    for (int64_t i = 0; i < LANES; i++)
        real[i] = tail == 0 || i < tail ? -1 : 0;
    for (int64_t b = 0; b < w->n_b; b++, to += line) {
        const REAL *before = w->given + (place * w->all + b) * w->row + call->offset;
        const REAL *after = before + w->dir * w->all * w->row;
        const REAL *state = AT(w->states, (place * w->all + b) * pad),
                   *next_state = AT(state, w->dir * w->all * pad);
        const REAL *cell_at = AT(w->cells, (place * w->all + b) * pad),
                   *next_cell = AT(cell_at, w->dir * w->all * pad);
        const REAL *gate = AT(w->gates, (s * w->all + b) * w->columns);
        const REAL *d_output =
            AT(w->d_outputs, b * call->d_sample + time_of(w, s) * call->d_step);
        REAL *kept = AT(back->kept, b * pad), *d_cell = AT(back->cells, b * pad);
        int wait = waits(w, s, b), ends = s == last_step(w, b);
        for (int64_t j = 0; j < pad; j += LANES) {
            int64_t n = n_h - j;
            ivec keep = wait || n <= 0 ? (ivec){0} : n < LANES ? real : ~(ivec){0};
            vec d = carried(w, back, s + 1, b, j), d_gates[4] = {{0}};
            if (d_output) {
                __builtin_prefetch(d_output - w->dir * call->d_step +
                                   j); /* rows lie far apart */
                d += load_some(d_output + j, n);
            }
            if (ends && w->d_last_h)
                d += load_some(w->d_last_h + b * n_h + j, n);
            vec passed = d;
            if (cell == LSTM) {
                vec i = load(gate + j), f = load(gate + pad + j),
                    g = load(gate + 2 * pad + j), o = load(gate + 3 * pad + j);
                vec c_before = load(cell_at + j), c = load(next_cell + j),
                    t = hyperbolic_tangent(c);
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
                    dc += load_some(w->peep + j, n) * d_gates[0] +
                          load_some(w->peep + n_h + j, n) * d_gates[1];
                    REAL *sums = back->peepholes + j;
                    ivec lanes = keep;
                    store(sums, load(sums) + pick(lanes, d_gates[0] * c_before, (vec){0}));
                    store(sums + pad,
                          load(sums + pad) + pick(lanes, d_gates[1] * c_before, (vec){0}));
                    store(sums + 2 * pad,
                          load(sums + 2 * pad) + pick(lanes, d_o * c, (vec){0}));
                }
                store(d_cell + j, wait ? waiting : dc);
            } else if (cell == GRU) {
                vec m = load(gate + j), r = load(gate + pad + j),
                    z = load(gate + 2 * pad + j), x = load(gate + 3 * pad + j);
                vec from = load((state ? state : before) + j);
                if (w->decays)
                    from *= load(decay_of(w, s, b) + j);
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
INLINE void add_weights(const Walk *w, const Back *back, int cell, const REAL *given,
                        const REAL *gates, int64_t n)
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
    product(x + n_f + 1, 1, row, gates, line, to + (n_f + 1) * line, line, n_h, 3 * pad, n,
            1);
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
    for (int64_t u = 0; u < (w->decays ? n_h : 0); u++) {
        for (int64_t v = 0; v < w->n_e; v++)
            w->d_w_decay[u * w->n_e + v] = back->w_decay[v * pad + u];
        w->d_b_decay[u] = back->b_decay[u];
    }
}

/* Multiply what is kept of steps s and after: gradients of weights and of inputs. */
INLINE void finish_block(const Walk *w, const Back *back, int cell, int64_t s, int64_t n,
                         REAL *gates)
{
    int64_t rows = w->n_b * back->line,
            lowest = w->dir > 0 ? place_of(w, s) : place_of(w, s + n - 1);
    const REAL *given = w->given + lowest * w->all * w->row;
    if (w->all == w->n_b)
        add_weights(w, back, cell, given, gates, n * w->n_b);
    else
        for (int64_t i = 0; i < n; i++)
            add_weights(w, back, cell, given + i * w->all * w->row, gates + i * rows,
                        w->n_b);
    if (!w->d_x)
        return;
    int64_t first = cell == GRU ? w->pad : 0;
    product(gates + first, back->line, 1, back->to_x, 0, back->x, back->n_x, n * w->n_b,
            back->n_x, w->columns - first, 0);
    for (int64_t i = 0; i < n; i++) {
        int64_t t = w->dir > 0 ? lowest + i : lowest + i - 1;
        for (int64_t b = 0; b < w->n_b; b++)
            memcpy(w->d_x + (b * w->n_t + t) * (w->n_f + w->n_e),
                   back->x + (i * w->n_b + b) * back->n_x, w->n_f * sizeof(REAL));
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
        if (w->decays && s + 1 < w->n_t)
            finish_decay(w, call, back, s + 1);
        product(gates, back->line, 1, back->to_h, 0, back->seen, pad, w->n_b, pad, n_k, 0);
        if (n == back->block || s == 0) {
            finish_block(w, back, cell, s, n, w->dir > 0 ? gates : back->gates);
            n = 0;
        }
    }
    for (int64_t b = 0; b < w->n_b; b++)
        for (int64_t j = 0; j < n_h; j += LANES) {
            store_some(w->d_h + b * n_h + j, carried(w, back, 0, b, j), n_h - j);
            if (cell == LSTM)
                store_some(w->d_c + b * n_h + j, load(back->cells + b * pad + j), n_h - j);
        }
    if (w->decays)
        finish_decay(w, call, back, 0);
    unpack_weights(w, cell, back);
    for (int64_t p = 0; p < (w->peep ? 3 : 0); p++)
        memcpy(w->d_peep + p * n_h, back->peepholes + p * pad, n_h * sizeof(REAL));
}

int64_t BACK(const Call *call)
{
    for (int64_t network = 0; network < call->n_networks; network++) {
        Walk w = walk_of(call, network);
        Back back = {0};
        back.line = w.columns + LINE; /* no power of two, so that rows share the cache */
        int64_t state = w.n_b * w.pad, size = LINE;
        back.block = w.n_b < ROWS ? ROWS / w.n_b : 1;
        if (back.block > w.n_t)
            back.block = w.n_t;
        back.n_x = w.d_x ? (w.n_f + size - 1) / size * size : 0;
        back.n_elapsed = w.d_x ? (w.n_e + size - 1) / size * size : 0;
        int keeps = call->cell == GRU || (w.lengths && w.dir < 0);
        int64_t sizes[] = {w.columns * w.pad,
                           w.columns * back.n_x,
                           back.block * w.n_b * back.line,
                           (w.n_f + 1 + w.n_h) * back.line,
                           state,
                           keeps ? state : 0,
                           call->cell == LSTM ? state : 0,
                           w.peep ? 3 * w.pad : 0,
                           back.block * w.n_b * back.n_x,
                           w.pad * back.n_elapsed,
                           w.decays ? state : 0,
                           w.n_b * back.n_elapsed,
                           w.n_e * w.pad,
                           w.decays ? w.pad : 0};
        REAL **parts[] = {&back.to_h,       &back.to_x,    &back.gates,   &back.weights,
                          &back.seen,       &back.kept,    &back.cells,   &back.peepholes,
                          &back.x,          &back.to_elapsed, &back.lost, &back.elapsed,
                          &back.w_decay,    &back.b_decay};
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
