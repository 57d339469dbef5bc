/* What Python hands over to pool steps; skseq/networks/compiled_pooling.py has the same
names in the same order. B sequences, T steps, D features. */

#include "kinds.h"

typedef struct {
    int64_t instructions; /* the newest that may be used */
    int64_t is_double;
    int64_t n_samples, n_timesteps, n_features;
    int64_t n_forwards; /* features whose last step is the last one, not the first */
    int64_t has_last, has_max, has_mean; /* what is asked for; side by side in y */
    void *x; /* (B, T, D) and its strides */
    int64_t x_sample, x_step;
    int64_t *lengths; /* (B), or NULL */
    void *y;          /* (B, parts D) */
    void *places;     /* (B, line), the steps of the maxima: whole numbers as wide */
    int64_t line;     /* D, padded */
    /* The way back only. */
    void *d_y; /* as y */
    void *d_x; /* (B, T, D) */
} Pooling;

#ifdef DOUBLE
#define POOL JOIN(skseq_pool_double, KIND)
#define POOL_BACK JOIN(skseq_pool_back_double, KIND)
#else
#define POOL JOIN(skseq_pool_float, KIND)
#define POOL_BACK JOIN(skseq_pool_back_float, KIND)
#endif
