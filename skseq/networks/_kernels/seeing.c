/* What is known of measurements at each step: the last ones seen, from either end. */

#include <math.h>
#include <stdlib.h>

#include "seeing.h"
#include "vectors.h"

/* One sequence in one direction. */
typedef struct {
    int64_t b, backwards, network;
    int64_t n_t, n_f, n_columns; /* steps, measurements, and those of all views */
    int64_t length, width;       /* of the sequence; from step to step of what is found */
    const REAL *x;               /* (T, V F), its measurements */
    int64_t x_step;
    const uint8_t *hidden; /* (T, F), or NULL: none, or by now as if not measured */
    REAL *found;
    const REAL **last; /* (F), the steps at which they were seen last */
    REAL *when;        /* (F), when that was */
    REAL *kept;        /* (T, F), how much of what was seen is left */
    REAL *logs;        /* (T), the logarithms of 1 + t */
    REAL *scaled;      /* (T, V F) */
} Way;

/* Where what is known before the first step lies; from the end nothing is. */
static const REAL *start_of(const Seeing *call, const Way *w)
{
    if (!call->values || w->backwards)
        return call->usual;
    return (const REAL *)call->values + w->b * w->n_columns;
}

/* The time before step t, or behind it to those who come from the end. */
INLINE double gap_of(const Seeing *call, const Way *w, int64_t t)
{
    int64_t from = (t + w->backwards) % w->n_t;
    if (from == 0)
        return call->gap ? ((const REAL *)call->gap)[w->b] : 0;
    if (!call->gaps)
        return 1;
    return ((const REAL *)call->gaps)[w->b * call->gaps_sample + from * call->gaps_step];
}

/* Standardise what is there, and not hidden, of each measurement in the last view, as
sequences are before any is. */
static void rescale(Way *w)
{
    static const REAL if_hidden[] = {0, NAN};
    int64_t n_t = w->n_t, n_f = w->n_f, n_columns = w->n_columns;
    for (int64_t t = 0; t < n_t; t++)
        for (int64_t f = 0; f < n_f; f++)
            for (int64_t j = f; j < n_columns; j += n_f)
                w->scaled[t * n_columns + j] =
                    w->x[t * w->x_step + j] + if_hidden[w->hidden[t * n_f + f]];
    for (int64_t j = n_columns - n_f; j < n_columns; j++) {
        REAL *x = w->scaled + j;
        double n = 0, sum = 0, squares = 0;
        for (int64_t t = 0; t < w->length; t++) {
            REAL value = x[t * n_columns];
            n += value == value ? 1.0 : 0.0;
            sum += value == value ? (double)value : 0.0;
        }
        double mean = sum / (n > 0 ? n : 1);
        for (int64_t t = 0; t < w->length; t++) {
            double value = x[t * n_columns] - mean;
            squares += value == value ? value * value : 0.0;
        }
        double deviation = sqrt(squares / (n > 0 ? n : 1));
        double unit = deviation <= 10 * EPSILON * fabs(mean) ? 1 : 1 / deviation;
        for (int64_t t = 0; t < n_t; t++)
            x[t * n_columns] = (REAL)((x[t * n_columns] - mean) * unit);
    }
    w->x = w->scaled;
    w->x_step = n_columns;
    w->hidden = NULL;
}

/* Values, which are there, and how long ago something was. Without branches, as no
processor guesses holes. Steps of padding follow the others in either direction. */
static void look(const Seeing *call, const Way *w)
{
    int64_t n_f = w->n_f, b = w->b;
    const REAL *waited = w->backwards ? NULL : call->waited;
    double time = 0; /* torch adds up in double precision */
    for (int64_t f = 0; f < n_f; f++) {
        w->last[f] = start_of(call, w);
        w->when[f] = waited ? -waited[b * n_f + f] : 0;
    }
    for (int64_t s = 0; s < w->n_t; s++) {
        int64_t t = w->backwards && s < w->length ? w->length - 1 - s : s;
        if (s > 0 || !w->backwards)
            time += gap_of(call, w, t);
        REAL now = (REAL)time, *to = w->found + t * w->width;
        const REAL *x = w->x + t * w->x_step;
        const uint8_t *hidden = w->hidden ? w->hidden + t * n_f : NULL;
        for (int64_t f = 0; f < n_f; f++) {
            int is_there = (x[f] == x[f]) & !(hidden && hidden[f]);
            to[w->n_columns + n_f + f] = now - w->when[f];
            w->last[f] = is_there ? x : w->last[f];
            w->when[f] = is_there ? now : w->when[f];
            to[w->n_columns + f] = is_there;
            for (int64_t j = f; j < w->n_columns; j += n_f)
                to[j] = w->last[f][j];
        }
    }
}

/* The last values of a sequence, and how long ago they were seen, for those who go on. */
static void keep_last(const Seeing *call, const Way *w)
{
    const REAL *last = w->found + (w->length - 1) * w->width;
    REAL *values = (REAL *)call->last_values + w->b * w->n_columns;
    REAL *waited = (REAL *)call->last_waited + w->b * w->n_f;
    for (int64_t j = 0; j < w->n_columns; j++)
        values[j] = last[j];
    for (int64_t f = 0; f < w->n_f; f++)
        waited[f] = last[w->n_columns + f] ? 0 : last[w->n_columns + w->n_f + f];
}

/* What a value has lost that was not seen for so long. */
INLINE REAL lost(const Seeing *call, const Way *w, int64_t f, const REAL *found)
{
    REAL rate = ((const REAL *)call->rates)[w->network * w->n_f + f];
    REAL bias = ((const REAL *)call->biases)[w->network * w->n_f + f];
    REAL is_there = found[w->n_columns + f], elapsed = found[w->n_columns + w->n_f + f];
    return (1 - is_there) * (rate * elapsed + bias);
}

/* Let values fade to what is usual while they are not there, without branches, too. As
torch.lerp, from the nearer end: of a wild value that is gone, what is usual is left. */
static void fade(const Seeing *call, const Way *w)
{
    int64_t n_f = w->n_f, n = w->n_t * n_f;
    const REAL *usual = call->usual;
    REAL *to = w->found;
    for (int64_t i = 0; i < n; i += n_f, to += w->width)
        for (int64_t f = 0; f < n_f; f++)
            w->kept[i + f] = lost(call, w, f, to);
    for (int64_t i = 0; i < n; i += LANES)
        store_some(w->kept + i, remainder_of(load_some(w->kept + i, n - i)), n - i);
    to = w->found;
    for (int64_t i = 0; i < n; i += n_f, to += w->width)
        for (int64_t f = 0; f < n_f; f++) {
            REAL kept = w->kept[i + f];
            int is_near = kept >= (REAL)0.5;
            const REAL *from = is_near ? to : usual;
            for (int64_t j = f; j < w->n_columns; j += n_f)
                to[j] = from[j] + (kept - is_near) * (to[j] - usual[j]);
        }
}

/* Take the logarithms of times, after adding one; they are often whole. */
static void shorten(const Way *w)
{
    REAL *times = w->found + w->n_columns + w->n_f;
    for (int64_t t = 0; t < w->n_t; t++, times += w->width)
        for (int64_t f = 0; f < w->n_f; f++) {
            REAL x = times[f];
            int is_whole = x >= 0 && x < (REAL)w->n_t && x == (REAL)(int64_t)x;
            times[f] = is_whole ? w->logs[(int64_t)x] : (REAL)log1p((double)x);
        }
}

/* Add the gradients of rates and biases. What a value is above the usual one is also what
it changes by if it fades by a factor. */
static void fade_back(const Seeing *call, const Way *w)
{
    int64_t n_f = w->n_f;
    double *d_rates = call->d_rates + w->network * n_f;
    double *d_biases = call->d_biases + w->network * n_f;
    const REAL *usual = call->usual, *found = w->found;
    const REAL *d = (const REAL *)call->d_found + w->b * call->d_sample +
                    w->backwards * (w->n_columns + 2 * n_f);
    for (int64_t t = 0; t < w->n_t; t++, found += w->width, d += call->d_step)
        for (int64_t f = 0; f < n_f; f++) {
            REAL sum = 0;
            for (int64_t j = f; j < w->n_columns; j += n_f)
                sum -= d[j] * (found[j] - usual[j]);
            sum *= lost(call, w, f, found) > 0;
            d_rates[f] += (double)sum * found[w->n_columns + n_f + f];
            d_biases[f] += sum;
        }
}

static int64_t walk(const Seeing *call, int back)
{
    Way w = {.n_t = call->n_timesteps, .n_f = call->n_values};
    w.n_columns = w.n_f * call->n_views;
    int64_t size = w.n_columns + 2 * w.n_f;
    int64_t n = w.n_f + w.n_t * (w.n_f + 1 + (call->rescales ? w.n_columns : 0));
    w.width = call->n_directions * size;
    w.last = malloc(w.n_f * sizeof(REAL *) + n * sizeof(REAL));
    if (!w.last)
        return 1;
    w.when = (REAL *)(w.last + w.n_f);
    w.kept = w.when + w.n_f;
    w.logs = w.kept + w.n_t * w.n_f;
    w.scaled = w.logs + w.n_t;
    for (int64_t t = 0; t < (call->rates ? 0 : w.n_t); t++)
        w.logs[t] = (REAL)log1p((double)t);
    for (w.b = 0; w.b < call->n_samples; w.b++) {
        w.network = w.b / (call->n_samples / call->n_networks);
        w.length = call->lengths ? call->lengths[w.b] : w.n_t;
        w.length = w.length < 1 ? 1 : w.length > w.n_t ? w.n_t : w.length;
        w.x = (const REAL *)call->x + w.b * call->x_sample;
        w.x_step = call->x_step;
        w.hidden = call->hidden ? call->hidden + w.b * w.n_t * w.n_f : NULL;
        if (call->rescales && !back)
            rescale(&w);
        for (w.backwards = 0; w.backwards < call->n_directions; w.backwards++) {
            w.found = (REAL *)call->found + w.b * w.n_t * w.width + w.backwards * size;
            if (back) {
                fade_back(call, &w);
                continue;
            }
            look(call, &w);
            if (!w.backwards)
                keep_last(call, &w);
            if (call->rates)
                fade(call, &w);
            else
                shorten(&w);
        }
    }
    free(w.last);
    return 0;
}

int64_t SEE(const Seeing *call) { return walk(call, 0); }

int64_t SEE_BACK(const Seeing *call) { return walk(call, 1); }
