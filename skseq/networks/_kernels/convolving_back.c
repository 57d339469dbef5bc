/* Back through convolutions, batch normalisation and ReLU. */

#include "layer.h"

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
        n += n_real(l, b);
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
    for (int64_t i = 0; i < l->n_parts + (l->bottleneck != NULL); i++)
        unpack(l, l->parts + i, call->d_weights[i]);
}

int64_t CONVOLVE_BACK(const Convolving *call) { return run(call, 1, convolve_back); }
