/* Convolutions of several widths beside each other, batch normalisation and ReLU. A
sequence passes through all of them while the nearest caches hold it. */

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

/* Add to the gradient of a convolution's weights what n steps and n_found rows say. */
static void weigh(const Part *p, const REAL *steps, int64_t n, const REAL *d,
                  int64_t n_found)
{
    int64_t places = p->n_in % 8 == 0 ? 1 : p->n_in % 4 == 0 ? 2 : p->n_in % 2 ? 8 : 4;
    for (int64_t k = 0; k < p->width; k += places) {
        int64_t some = p->width - k < places ? p->width - k : places;
        int64_t first = p->before - (k + some - 1), end = n + p->before - k;
        first = first < 0 ? 0 : first;
        end = end > n_found ? n_found : end;
        if (first < end)
            product(steps + (first - p->before + k) * p->n_in, 1, p->n_in,
                    d + first * p->columns, p->columns,
                    p->d_weights + k * p->n_in * p->columns, p->columns, some * p->n_in,
                    p->columns, end - first, 1);
    }
}

/* Steps from which neighbours of step t start, and where they end. */
INLINE int64_t neighbours(const Layer *l, int64_t t, int64_t *end)
{
    int causal = (int)l->call->is_causal;
    *end = t + 2 - causal > l->n_t ? l->n_t : t + 2 - causal;
    return t - 1 - causal < 0 ? 0 : t - 1 - causal;
}

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

/* Hand gradients of maxima on to the first of the steps that have them. */
static void look_back(const Layer *l, int64_t b)
{
    int64_t n_c = l->n_c, from = -1 - l->call->is_causal;
    for (int64_t t = 0, end; end = run_of(l, b, &t), t < l->n_t; t = end)
        for (int64_t apart = from; apart < from + 3; apart++) {
            int64_t first = apart < 0 ? t - apart : t, last = apart > 0 ? end - apart : end;
            for (int64_t i = first; i < last; i++) {
                const REAL *restrict near = l->near + i * n_c;
                const REAL *restrict other = l->x + (i + apart) * n_c;
                REAL *restrict d = l->d_near + i * l->padded;
                REAL *restrict to = l->d_rows + (i + apart) * l->padded;
                for (int64_t c = 0; c < n_c; c++) {
                    int is_it = other[c] == near[c];
                    to[c] += is_it ? d[c] : 0;
                    d[c] = is_it ? 0 : d[c];
                }
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

/* Add means and squares of a sequence to those of the ones before (Chan et al., 1983). */
static void count(const Layer *l, int64_t b, const REAL *found, double n_before)
{
    double n = 0;
    for (int64_t t = 0; t < l->n_found; t++)
        n += is_real(l, b, t);
    for (int64_t j = 0; j < (n ? l->line : 0); j += LANES) {
        vec sum = {0}, squares = {0}, mean;
        for (int64_t t = 0; t < l->n_found; t++)
            if (is_real(l, b, t))
                sum += load(found + t * l->line + j);
        mean = sum / (REAL)n;
        for (int64_t t = 0; t < l->n_found; t++)
            if (is_real(l, b, t)) {
                vec apart = load(found + t * l->line + j) - mean;
                squares += apart * apart;
            }
        for (int64_t i = 0; i < LANES; i++) {
            double *all = l->sums + j + i, *far = all + l->line;
            double apart = sum[i] / n - *all, total = n_before + n;
            *far += squares[i] + apart * apart * n_before * n / total;
            *all += apart * n / total;
        }
    }
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

static void normalise(const Layer *l, int64_t b, const REAL *found)
{
    int64_t step = l->call->n_networks * l->n_f;
    REAL *y = (REAL *)l->call->y + b * l->n_found * step + l->network * l->n_f;
    FOR_VECTORS(p, j, rest)
    {
        vec scale = load(l->norm + p->at + j), shift = load(l->norm + l->line + p->at + j);
        for (int64_t t = 0; t < l->n_found; t++) {
            vec z = load(found + t * l->line + p->at + j) * scale + shift;
            z = !is_real(l, b, t) ? (vec){0} : pick(z <= 0, (vec){0}, z);
            store_some(y + t * step + p->from + j, z, rest);
        }
    }
}

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

static void convolve(Layer *l)
{
    const Convolving *call = l->call;
    double n = 0;
    memset(l->sums, 0, 2 * l->line * sizeof(double));
    if (!call->trains)
        fix(l);
    for (int64_t b = 0; b < call->n_samples; b++) {
        REAL *found = found_of(l, b);
        take_in(l, b);
        for (const Part *p = l->parts; p < l->parts + l->n_parts; p++)
            FOR_BLOCKS(r, rows, l->n_found)
        slide(read_by(l, p), l->n_t, p->weights, p->n_in, p->width, p->before, p->columns,
              found + p->at, l->line, r, rows, 0);
        if (!call->trains) {
            normalise(l, b, found);
            continue;
        }
        count(l, b, found, n);
        for (int64_t t = 0; t < l->n_found; t++)
            n += is_real(l, b, t);
    }
    if (!call->trains)
        return;
    for (int64_t j = 0; j < l->line; j++) {
        l->norm[j] = (REAL)l->sums[j];
        l->norm[l->line + j] = (REAL)(l->sums[l->line + j] / n);
    }
    gather(l, l->norm, call->mean);
    gather(l, l->norm + l->line, call->variance);
    fix(l);
    for (int64_t b = 0; b < call->n_samples; b++)
        normalise(l, b, found_of(l, b));
}

/* The way back */

/* What the gradient of a step is before the normalisation; a vector of it. */
INLINE vec passed(const REAL *d_y, const REAL *y, int64_t rest)
{
    vec d = load_some(d_y, rest);
    return pick(load_some(y, rest) <= 0, (vec){0}, d);
}

/* Add up gradients, and products with what lies how far from the mean. */
static void add_up(const Layer *l, int64_t b, const REAL *y, const REAL *d_y)
{
    int64_t step = l->call->n_networks * l->n_f;
    const REAL *mean = l->norm + 2 * l->line, *found = found_of(l, b);
    FOR_VECTORS(p, j, rest)
    {
        int64_t at = p->at + j;
        vec sum = {0}, slope = {0}, center = load(mean + at);
        for (int64_t t = 0; t < l->n_found; t++) {
            vec d = passed(d_y + t * l->call->d_step + p->from + j,
                           y + t * step + p->from + j, rest);
            sum += d;
            slope += d * (load(found + t * l->line + at) - center);
        }
        for (int64_t i = 0; i < LANES; i++) {
            l->sums[at + i] += sum[i];
            l->sums[l->line + at + i] += slope[i];
        }
    }
}

/* Gradients of what convolutions found of a sequence. */
static void pass_back(const Layer *l, int64_t b, const REAL *y, const REAL *d_y)
{
    int64_t step = l->call->n_networks * l->n_f;
    const REAL *norm = l->norm, *found = found_of(l, b);
    FOR_VECTORS(p, j, rest)
    {
        int64_t at = p->at + j, line = l->line;
        vec scale = load(norm + at), mean = load(norm + 2 * line + at);
        vec level = load(norm + 4 * line + at), slope = load(norm + 5 * line + at);
        for (int64_t t = 0; t < l->n_found; t++) {
            vec d = passed(d_y + t * l->call->d_step + p->from + j,
                           y + t * step + p->from + j, rest);
            d -= level + (load(found + t * line + at) - mean) * slope;
            d = is_real(l, b, t) ? d * scale : (vec){0};
            store(p->d_found + (p->width - 1 + t) * p->columns + j, d);
        }
    }
}

/* Gradients of what the layer was given, from those of what convolutions read. */
static void lead_back(const Layer *l, int64_t b)
{
    const Convolving *call = l->call;
    const Part *first = l->bottleneck, *last = l->parts + l->n_parts - 1;
    int64_t n_convolutions = call->n_convolutions;
    REAL *d = first ? l->rows : l->d_rows;
    int64_t line = at_least(l->n_s);
    FOR_BLOCKS(r, rows, l->n_t)
    for (const Part *p = l->parts; p < l->parts + n_convolutions; p++)
        slide(p->d_found + (p->width - 1) * p->columns, l->n_found, p->turned, p->columns,
              p->width, p->width - 1 - p->before, line, d, line, r, rows, p > l->parts);
    if (first)
        product(l->x, 1, l->n_c, d, line, first->d_weights, line, l->n_c,
                line, l->n_t, 1);
    if (!call->d_x)
        return;
    if (first)
        FOR_BLOCKS(r, rows, l->n_t)
    product(d + r * line, line, 1, first->turned, l->padded, l->d_rows + r * l->padded,
            l->padded, rows, l->padded, l->n_s, 0);
    if (call->n_pooled) {
        FOR_BLOCKS(r, rows, l->n_t)
        product(last->d_found + r * last->columns, last->columns, 1, last->turned,
                l->padded, l->d_near + r * l->padded, l->padded, rows, l->padded,
                last->columns, 0);
        look_back(l, b);
    }
    int64_t step = call->n_networks * l->n_c;
    REAL *to = (REAL *)call->d_x + b * l->n_t * step + l->network * l->n_c;
    for (int64_t t = 0; t < l->n_t; t++)
        memcpy(to + t * step, l->d_rows + t * l->padded, l->n_c * sizeof(REAL));
}

static void convolve_back(Layer *l)
{
    const Convolving *call = l->call;
    int64_t step = call->n_networks * l->n_f, line = l->line;
    const REAL *ys = (const REAL *)call->y + l->network * l->n_f;
    const REAL *ds = (const REAL *)call->d_y + l->network * l->n_f;
    REAL *inverse = l->norm + 3 * line, *level = inverse + line, *slope = level + line;
    double n = 0;
    fix(l);
    memset(l->sums, 0, 2 * line * sizeof(double));
    for (int64_t b = 0; b < call->n_samples; b++) {
        add_up(l, b, ys + b * l->n_found * step, ds + b * call->d_sample);
        for (int64_t t = 0; t < l->n_found; t++)
            n += is_real(l, b, t);
    }
    for (int64_t j = 0; j < line; j++) {
        level[j] = (REAL)l->sums[j];
        slope[j] = (REAL)(l->sums[line + j] * inverse[j]);
    }
    gather(l, level, call->d_shift);
    gather(l, slope, call->d_scale);
    for (int64_t j = 0; j < line; j++) {
        level[j] = (REAL)(l->sums[j] / n);
        slope[j] = (REAL)(l->sums[line + j] * inverse[j] * inverse[j] / n);
    }
    for (int64_t b = 0; b < call->n_samples; b++) {
        take_in(l, b);
        pass_back(l, b, ys + b * l->n_found * step, ds + b * call->d_sample);
        for (const Part *p = l->parts; p < l->parts + l->n_parts; p++)
            weigh(p, read_by(l, p), l->n_t, p->d_found + (p->width - 1) * p->columns,
                  l->n_found);
        if (call->d_x || l->bottleneck)
            lead_back(l, b);
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

static void unpack(const Layer *l, const Part *p, REAL *weights)
{
    int64_t n_in = p->n_in, width = p->width;
    weights += l->network * p->n_filters * n_in * width;
    for (int64_t f = 0; f < p->n_filters; f++)
        for (int64_t c = 0; c < n_in; c++)
            for (int64_t k = 0; k < width; k++)
                weights[(f * n_in + c) * width + k] =
                    p->d_weights[(k * n_in + c) * p->columns + f];
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

/* Do what is asked for of each network in turn. */
static void walk(Layer *l, int back)
{
    const Convolving *call = l->call;
    int64_t n_all = l->n_parts + (l->bottleneck != NULL);
    for (l->network = 0; l->network < call->n_networks; l->network++) {
        for (int64_t i = 0; i < n_all; i++)
            pack(l, l->parts + i, call->weights[i], back);
        if (!back) {
            convolve(l);
            continue;
        }
        convolve_back(l);
        for (int64_t i = 0; i < n_all; i++)
            unpack(l, l->parts + i, call->d_weights[i]);
    }
}

static int64_t run(const Convolving *call, int back)
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
        walk(&l, back);
    }
    free(memory);
    free(l.parts);
    free(l.sums);
    return memory == NULL;
}

int64_t CONVOLVE(const Convolving *call) { return run(call, 0); }

int64_t CONVOLVE_BACK(const Convolving *call) { return run(call, 1); }
