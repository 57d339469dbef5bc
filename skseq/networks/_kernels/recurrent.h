/* What Python hands over: every member takes eight bytes; skseq/networks/compiled.py has
the same names in the same order. k networks of B samples each, T steps, F inputs, H units;
E elapsed times behind the inputs, by which a state decays.
*/

#include "kinds.h"

enum { TANH, RELU, GRU, LSTM };

typedef struct {
    int64_t cell;
    int64_t instructions; /* the newest that may be used */
    int64_t is_double;
    int64_t n_networks, n_timesteps, n_samples, n_inputs, n_elapsed, n_units;
    int64_t padded;  /* units, to whole vectors */
    int64_t offset;  /* of the state in a row of `given` */
    int64_t reverse; /* whether steps are walked from the last to the first */
    int64_t keeps;   /* whether the way back will follow */
    void *x;         /* (k B, T, F + E) and its strides */
    int64_t x_sample, x_step;
    void *h, *c;                 /* the state before, (k B, H) */
    void *w_x, *w_h, *b_x, *b_h; /* (k, G H, F), (k, G H, H), (k, G H) */
    void *peepholes;             /* (k, 3, H), or NULL */
    void *w_decay, *b_decay;     /* (k, H, E), (k, H), or NULL */
    void *mask;       /* of what a step is shown of the state, (k B, H), or NULL */
    int64_t *lengths; /* (k B), or NULL */
    void *given;  /* (T + 1, k B, offset + padded), each [..., x, 1, h]: what steps see */
    void *gates;  /* (T, k B, G padded); of a GRU m, r, z, n, where r multiplies m */
    void *cells;  /* (T + 1, k B, padded) of an LSTM */
    void *states; /* (T + 1, k B, padded) where they are not what is shown, or NULL */
    void *decays; /* (T, k B, padded), of the state before each step, or NULL */
    void *last_h, *last_c; /* (k B, H) */
    /* The way back only. */
    void *d_outputs; /* (k B, T, H) and its strides, or NULL */
    int64_t d_sample, d_step;
    void *d_last_h, *d_last_c; /* (k B, H), or NULL */
    void *d_x;                 /* (k B, T, F + E), or NULL */
    void *d_h, *d_c, *d_w_x, *d_w_h, *d_b_x, *d_b_h, *d_peepholes, *d_w_decay, *d_b_decay;
} Call;

#ifdef DOUBLE
#define FORWARDS JOIN(skseq_forwards_double, KIND)
#define BACK JOIN(skseq_back_double, KIND)
#else
#define FORWARDS JOIN(skseq_forwards_float, KIND)
#define BACK JOIN(skseq_back_float, KIND)
#endif
