/* The last step, the maximum and the mean over steps, in one pass. */

#include "pooling.h"
#include "vectors.h"

#define BLOCK 128 /* steps that are added up by themselves, so that sums stay exact */

INLINE int64_t length_of(const Pooling *call, int64_t b)
{
    int64_t n = call->lengths ? call->lengths[b] : call->n_timesteps;
    return n < 1 ? 1 : n > call->n_timesteps ? call->n_timesteps : n;
}

/* A vector of features, of which n are left. */
INLINE void pool(const Pooling *call, const REAL *x, int64_t length, REAL *y,
                 WHOLE *places, int64_t n)
{
    int64_t step = call->x_step, n_features = call->n_features;
    vec most = load_some(x, n), sum = {0};
    ivec place = {0};
    for (int64_t first = 0; first < length; first += BLOCK) {
        int64_t end = first + BLOCK < length ? first + BLOCK : length;
        vec some = {0};
        for (int64_t t = first; t < end; t++) {
            vec one = load_some(x + t * step, n);
            ivec is_more = (one > most) | (one != one);
            most = pick(is_more, one, most);
            place = (is_more & (WHOLE)t) | (~is_more & place);
            some += one;
        }
        sum += some;
    }
    if (call->has_max) {
        store_some(y, most, n);
        for (int64_t i = 0; i < LANES; i++)
            places[i] = place[i];
        y += n_features;
    }
    if (call->has_mean)
        store_some(y, sum / (REAL)length, n);
}

int64_t POOL(const Pooling *call)
{
    int64_t n = call->n_features, n_parts = call->has_last + call->has_max + call->has_mean;
    for (int64_t b = 0; b < call->n_samples; b++) {
        const REAL *x = (const REAL *)call->x + b * call->x_sample;
        REAL *y = (REAL *)call->y + b * n_parts * n;
        WHOLE *places = (WHOLE *)call->places + b * call->line;
        int64_t length = length_of(call, b);
        if (call->has_last) {
            for (int64_t j = 0; j < n; j++)
                y[j] = x[j < call->n_forwards ? (length - 1) * call->x_step + j : j];
            y += n;
        }
        for (int64_t j = 0; j < n; j += LANES)
            if (n - j >= LANES)
                pool(call, x + j, length, y + j, places + j, LANES);
            else
                pool(call, x + j, length, y + j, places + j, n - j);
    }
    return 0;
}

/* Gradients of a vector of features, of which n are left. */
INLINE void share(const Pooling *call, int64_t length, const REAL *d_y,
                  const WHOLE *places, REAL *d_x, int64_t n)
{
    int64_t n_features = call->n_features;
    vec of_max = {0}, of_mean = {0};
    ivec place = {0};
    if (call->has_max) {
        of_max = load_some(d_y, n);
        for (int64_t i = 0; i < LANES; i++)
            place[i] = places[i];
        d_y += n_features;
    }
    if (call->has_mean)
        of_mean = load_some(d_y, n) / (REAL)length;
    for (int64_t t = 0; t < length; t++)
        store_some(d_x + t * n_features,
                   pick(place == (WHOLE)t, of_max, (vec){0}) + of_mean, n);
    for (int64_t t = length; t < call->n_timesteps; t++)
        store_some(d_x + t * n_features, (vec){0}, n);
}

int64_t POOL_BACK(const Pooling *call)
{
    int64_t n = call->n_features, n_parts = call->has_last + call->has_max + call->has_mean;
    for (int64_t b = 0; b < call->n_samples; b++) {
        const REAL *d_last = (const REAL *)call->d_y + b * n_parts * n;
        const REAL *d_y = d_last + call->has_last * n;
        const WHOLE *places = (const WHOLE *)call->places + b * call->line;
        REAL *d_x = (REAL *)call->d_x + b * call->n_timesteps * n;
        int64_t length = length_of(call, b);
        for (int64_t j = 0; j < n; j += LANES)
            if (n - j >= LANES)
                share(call, length, d_y + j, places + j, d_x + j, LANES);
            else
                share(call, length, d_y + j, places + j, d_x + j, n - j);
        for (int64_t j = 0; j < (call->has_last ? n : 0); j++)
            d_x[j < call->n_forwards ? (length - 1) * n + j : j] += d_last[j];
    }
    return 0;
}
