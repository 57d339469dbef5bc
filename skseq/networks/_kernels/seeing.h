/* What Python hands over to look for what was seen; skseq/networks/compiled_seeing.py has
the same names in the same order. k networks of B sequences together, T steps, F
measurements in V views. The second direction, if there is one, reads from the ends. */

#include "kinds.h"

typedef struct {
    int64_t instructions; /* the newest that may be used */
    int64_t is_double;
    int64_t n_networks, n_samples, n_timesteps, n_values, n_views, n_directions;
    void *x; /* (B, T, V F) and its strides; NaN is missing */
    int64_t x_sample, x_step;
    void *gaps; /* (B, T) before each step and strides, or NULL: all are one */
    int64_t gaps_sample, gaps_step;
    uint8_t *hidden;             /* (B, T, F): what is missing as well, or NULL */
    int64_t rescales; /* whether sequences are standardised anew in the last view */
    int64_t *lengths;            /* (B), or NULL */
    void *usual;                 /* (V F) */
    void *values, *waited, *gap; /* what is known before, (B, V F), (B, F), (B), or NULL */
    void *rates, *biases;        /* (k, F), by which values fade, or NULL */
    void *found;                 /* (B, T, directions (V F + F + F)) */
    void *last_values, *last_waited; /* what is known after, as before */
    /* The way back only. */
    void *d_found; /* and its strides */
    int64_t d_sample, d_step;
    double *d_rates, *d_biases; /* zeros, to which they are added */
} Seeing;

#ifdef DOUBLE
#define SEE JOIN(skseq_see_double, KIND)
#define SEE_BACK JOIN(skseq_see_back_double, KIND)
#else
#define SEE JOIN(skseq_see_float, KIND)
#define SEE_BACK JOIN(skseq_see_back_float, KIND)
#endif
