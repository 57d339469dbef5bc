/* Convolutions, batch normalisation and ReLU: a sequence passes through all of them while
the nearest caches hold it. */

#include "layer.h"

/* Add means and squares of a sequence to those of the ones before (Chan et al., 1983). */
static void count(const Layer *l, int64_t b, const REAL *found, double n_before)
{
    double n = n_real(l, b);
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
        n += n_real(l, b);
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

int64_t CONVOLVE(const Convolving *call) { return run(call, 0, convolve); }
