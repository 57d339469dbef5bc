/* A layer of convolutions of several widths beside each other: where things are, and what
its convolutions read. */

#pragma once

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convolving.h"
#include "products.h"

#define HEIGHT (REGISTERS == 32 ? 16 : 12) /* rows that tiles divide, as does a half */

/* A convolution of some rows. Columns are padded; `at` and `from` are where its own begin
among those of all, with padding and without. */
typedef struct {
    int64_t n_in, n_filters, width, before, columns, at, from;
    REAL *weights;   /* (width n_in, columns) */
    REAL *turned;    /* (width columns, padded n_in), which leads back */
    REAL *d_weights; /* as weights */
    REAL *d_found;   /* (width - 1 + T' + width - 1, columns), zeros at the ends */
} Part;

/* All that is known of a layer. */
typedef struct {
    const Convolving *call;
    int64_t n_t, n_found, n_c, n_s, n_f, line; /* n_s: channels that convolutions read */
    int64_t n_parts;                           /* convolutions, and neighbours' */
    int64_t zeros;                             /* rows before the first step */
    int64_t network, padded;                   /* which network; channels, padded */
    Part *parts, *bottleneck; /* the bottleneck is the one behind them, or NULL */
    const REAL *x;        /* (T, C), the sequence at hand */
    REAL *copied;         /* the same, where it does not lie so */
    REAL *features;       /* (zeros + T + zeros, n_s) */
    REAL *near;           /* (T, C), the maximum of neighbours */
    REAL *rows;           /* (T, padded), of a product */
    REAL *d_rows, *d_near; /* (T, padded) */
    REAL *found;          /* (T', line) */
    REAL *norm;           /* (6, line) */
    double *sums;         /* (2, line) */
} Layer;

static int64_t at_least(int64_t n) { return (n + 15) / 16 * 16; }

INLINE int is_real(const Layer *l, int64_t b, int64_t t)
{
    return !l->call->mask || l->call->mask[b * l->n_found + t];
}

INLINE int64_t n_real(const Layer *l, int64_t b)
{
    int64_t n = 0;
    for (int64_t t = 0; t < l->n_found; t++)
        n += is_real(l, b, t);
    return n;
}

/* Rows of c = rows of a convolution: row r sees steps r - before to r - before + width - 1
of n steps; the others are zeros, of which most are left out. */
static void slide(const REAL *steps, int64_t n, const REAL *weights, int64_t n_in,
                  int64_t width, int64_t before, int64_t columns, REAL *c, int64_t ldc,
                  int64_t r, int64_t n_rows, int add)
{
    int64_t first = before - (r + n_rows - 1), end = n + before - r;
    first = first < 0 ? 0 : first;
    end = end > width ? width : end;
    product(steps + (r - before + first) * n_in, n_in, 1, weights + first * n_in * columns,
            columns, c + r * ldc, ldc, n_rows, columns, (end - first) * n_in, add);
}

/* Where a block of n rows starts, of which no more than r have been made, and how high it
is: the last one goes back so far that tiles divide it. */
INLINE int64_t block_of(int64_t r, int64_t n, int64_t *rows)
{
    *rows = n - r <= HEIGHT / 2 ? HEIGHT / 2 : HEIGHT;
    *rows = *rows > n ? n : *rows;
    return r + *rows > n ? n - *rows : r;
}

#define FOR_BLOCKS(r, rows, n)                                     \
    for (int64_t r##_ = 0, rows, r;                                \
         r##_ < (n) && (r = block_of(r##_, n, &rows), 1); r##_ += rows)

/* Steps of a run, which are real and stand side by side, and where the next one starts. */
INLINE int64_t run_of(const Layer *l, int64_t b, int64_t *t)
{
    while (*t < l->n_t && !is_real(l, b, *t))
        ++*t;
    int64_t end = *t;
    while (end < l->n_t && is_real(l, b, end))
        end++;
    return end;
}

/* The maximum of each step and its neighbours. */
static void look_around(const Layer *l, int64_t b)
{
    int64_t n_c = l->n_c, from = -1 - l->call->is_causal;
    memset(l->near, 0, l->n_t * n_c * sizeof(REAL));
    for (int64_t t = 0, end; end = run_of(l, b, &t), t < l->n_t; t = end) {
        REAL *restrict to = l->near;
        memcpy(to + t * n_c, l->x + t * n_c, (end - t) * n_c * sizeof(REAL));
        for (int64_t apart = from; apart < from + 3; apart++) {
            const REAL *restrict other = l->x + apart * n_c;
            int64_t first = apart < 0 ? t - apart : t, last = apart > 0 ? end - apart : end;
            for (int64_t i = first * n_c; i < last * n_c; i++)
                to[i] = (other[i] > to[i]) | (other[i] != other[i]) ? other[i] : to[i];
        }
    }
}

/* Steps of a sequence, side by side. */
static const REAL *steps_of(const Layer *l, int64_t b)
{
    int64_t apart = l->call->shares_input ? 0 : l->network * l->n_c, step = l->call->x_step;
    const REAL *x = (const REAL *)l->call->x + b * l->call->x_sample + apart;
    if (step == l->n_c || l->n_t == 1)
        return x;
    for (int64_t t = 0; t < l->n_t; t++)
        memcpy(l->copied + t * l->n_c, x + t * step, l->n_c * sizeof(REAL));
    return l->copied;
}

/* What convolutions read of a sequence. */
static void take_in(Layer *l, int64_t b)
{
    int64_t n_s = l->n_s, line = l->n_c;
    const Part *first = l->bottleneck;
    const REAL *from = l->x = steps_of(l, b);
    if (first) {
        line = first->columns;
        FOR_BLOCKS(r, rows, l->n_t)
        product(from + r * l->n_c, l->n_c, 1, first->weights, line, l->rows + r * line, line,
                rows, line, l->n_c, 0);
        from = l->rows;
    }
    REAL *to = l->features + l->zeros * n_s;
    for (int64_t t = 0, n = line == n_s ? l->n_t : 1; t < l->n_t; t += n)
        memcpy(to + t * n_s, from + t * line, n * n_s * sizeof(REAL));
    if (l->call->n_pooled)
        look_around(l, b);
}

INLINE const REAL *read_by(const Layer *l, const Part *p)
{
    int is_last = l->call->n_pooled && p == l->parts + l->n_parts - 1;
    return is_last ? l->near : l->features + l->zeros * l->n_s;
}

static REAL *found_of(const Layer *l, int64_t b)
{
    if (!l->call->found)
        return l->found;
    int64_t place = l->network * l->call->n_samples + b;
    return (REAL *)l->call->found + place * l->n_found * l->line;
}

/* Lay out a vector of F values as what was found, zeros where nothing is. */
static void spread(const Layer *l, const void *values, REAL *to)
{
    const REAL *from = (const REAL *)values + l->network * l->n_f;
    memset(to, 0, l->line * sizeof(REAL));
    for (const Part *p = l->parts; p < l->parts + l->n_parts; p++)
        memcpy(to + p->at, from + p->from, p->n_filters * sizeof(REAL));
}

static void gather(const Layer *l, const REAL *from, void *values)
{
    REAL *to = (REAL *)values + l->network * l->n_f;
    for (const Part *p = l->parts; p < l->parts + l->n_parts; p++)
        memcpy(to + p->from, from + p->at, p->n_filters * sizeof(REAL));
}

/* Of what was found, F values of a step in memory are F_1 of the first part, and so on:
vectors may reach into the next part, whose own are written later, but not beyond. */
#define FOR_VECTORS(p, j, rest)                                                 \
    for (const Part *p = l->parts; p < l->parts + l->n_parts; p++)              \
        for (int64_t j = 0, rest; rest = l->n_f - p->from - j, j < p->n_filters; \
             j += LANES)

/* Scale and shift, of statistics and weights. */
static void fix(const Layer *l)
{
    REAL *scale = l->norm, *shift = scale + l->line, *mean = shift + l->line,
         *inverse = mean + l->line;
    spread(l, l->call->scale, scale);
    spread(l, l->call->shift, shift);
    spread(l, l->call->mean, mean);
    spread(l, l->call->variance, inverse);
    for (int64_t j = 0; j < l->line; j++) {
        inverse[j] = (REAL)(1 / sqrt((double)inverse[j] + l->call->epsilon));
        scale[j] *= inverse[j];
        shift[j] -= mean[j] * scale[j];
    }
}

/* Weights (F, C, width) as products read them, and back. */
static void pack(const Layer *l, const Part *p, const REAL *weights, int with_turned)
{
    int64_t n_in = p->n_in, width = p->width, columns = p->columns, n = at_least(n_in);
    memset(p->weights, 0, width * n_in * columns * sizeof(REAL));
    weights += l->network * p->n_filters * n_in * width;
    for (int64_t f = 0; f < p->n_filters; f++)
        for (int64_t c = 0; c < n_in; c++)
            for (int64_t k = 0; k < width; k++)
                p->weights[(k * n_in + c) * columns + f] =
                    weights[(f * n_in + c) * width + k];
    if (!with_turned)
        return;
    memset(p->d_weights, 0, width * n_in * columns * sizeof(REAL));
    memset(p->turned, 0, width * columns * n * sizeof(REAL));
    for (int64_t f = 0; f < p->n_filters; f++)
        for (int64_t c = 0; c < n_in; c++)
            for (int64_t k = 0; k < width; k++)
                p->turned[((width - 1 - k) * columns + f) * n + c] =
                    weights[(f * n_in + c) * width + k];
}

/* Give a layer and its parts their places in memory; of how many numbers. */
static int64_t lay_out(Layer *l, REAL *memory, int back)
{
    const Convolving *call = l->call;
    int64_t n = 0, at = 0, from = 0, n_all = l->n_parts + (l->bottleneck != NULL);
#define TAKE(what, size) \
    what = memory ? memory + n : NULL, n += at_least(size)
    for (int64_t i = 0; i < n_all; i++) {
        Part *p = l->parts + i;
        int is_pooled = i >= call->n_convolutions && i < l->n_parts;
        *p = (Part){l->n_s, call->n_pooled, 1, 0, 0, at, from, NULL, NULL, NULL, NULL};
        if (i < call->n_convolutions) {
            p->n_filters = call->forms[i].n_filters;
            p->width = call->forms[i].width;
            p->before = call->forms[i].before;
        } else {
            p->n_in = l->n_c;
            p->n_filters = is_pooled ? call->n_pooled : l->n_s;
        }
        p->columns = at_least(p->n_filters);
        at += p->columns;
        from += p->n_filters;
        int64_t rows = 2 * (p->width - 1) + l->n_found;
        TAKE(p->weights, p->width * p->n_in * p->columns);
        TAKE(p->turned, back * p->width * p->columns * at_least(p->n_in));
        TAKE(p->d_weights, back * p->width * p->n_in * p->columns);
        TAKE(p->d_found, back * rows * p->columns);
    }
    TAKE(l->features, (2 * l->zeros + l->n_t) * l->n_s);
    TAKE(l->copied, l->n_t * l->n_c);
    TAKE(l->near, l->n_t * l->n_c);
    TAKE(l->rows, l->n_t * at_least(l->n_s));
    TAKE(l->d_rows, back * l->n_t * l->padded);
    TAKE(l->d_near, back * l->n_t * l->padded);
    TAKE(l->found, call->found ? 0 : l->n_found * l->line);
    TAKE(l->norm, 6 * l->line);
#undef TAKE
    if (!memory)
        return n;
    memset(l->features, 0, (2 * l->zeros + l->n_t) * l->n_s * sizeof(REAL));
    for (Part *p = l->parts; back && p < l->parts + n_all; p++)
        memset(p->d_found, 0,
               (2 * (p->width - 1) + l->n_found) * p->columns * sizeof(REAL));
    return n;
}

/* Do something of each network in turn; returns 1 if there is no memory. */
static int64_t run(const Convolving *call, int back, void (*work)(Layer *))
{
    Layer l = {.call = call, .n_t = call->n_timesteps, .n_found = call->n_found};
    l.n_c = call->n_channels;
    l.n_s = call->n_reduced ? call->n_reduced : l.n_c;
    l.n_f = call->n_filters;
    l.line = call->line;
    l.padded = at_least(l.n_c);
    l.n_parts = call->n_convolutions + (call->n_pooled > 0);
    for (int64_t i = 0; i < call->n_convolutions; i++)
        if (call->forms[i].width > l.zeros)
            l.zeros = call->forms[i].width;
    l.sums = malloc(2 * l.line * sizeof(double));
    l.parts = malloc((l.n_parts + 1) * sizeof(Part));
    REAL *memory = NULL;
    if (l.sums && l.parts) {
        l.bottleneck = call->n_reduced ? l.parts + l.n_parts : NULL;
        memory = malloc(lay_out(&l, NULL, back) * sizeof(REAL) + 64);
    }
    if (memory) {
        lay_out(&l, (REAL *)(((uintptr_t)memory + 63) / 64 * 64), back);
        for (l.network = 0; l.network < call->n_networks; l.network++) {
            for (int64_t i = 0; i < l.n_parts + (l.bottleneck != NULL); i++)
                pack(&l, l.parts + i, call->weights[i], back);
            work(&l);
        }
    }
    free(memory);
    free(l.parts);
    free(l.sums);
    return memory == NULL;
}
