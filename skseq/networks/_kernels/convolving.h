/* What Python hands over for a layer of convolutions; skseq/networks/compiled_convolving.py
has the same names in the same order. k networks, whose channels lie side by side, B
sequences, T steps, T' that are found. */

#include "kinds.h"

/* A convolution: its filters, its width, and how many zeros it is shown before. */
typedef struct {
    int64_t n_filters, width, before;
} Form;

typedef struct {
    int64_t instructions; /* the newest that may be used */
    int64_t is_double;
    int64_t n_networks, n_samples, n_timesteps, n_found;
    int64_t n_channels, n_filters; /* C and F of one network */
    int64_t shares_input;          /* whether all networks read the same C channels */
    int64_t n_convolutions;
    int64_t n_reduced;    /* channels behind the bottleneck, or 0 */
    int64_t n_pooled;     /* filters that read the maximum of neighbours, or 0 */
    int64_t is_causal;    /* whether these are the two steps before */
    int64_t line;         /* from step to step of what convolutions find */
    int64_t trains;       /* whether to normalise by statistics of the batch */
    double epsilon;       /* what is added to variances */
    Form *forms;
    void *x; /* (B, T, k C) and its strides */
    int64_t x_sample, x_step;
    uint8_t *mask;        /* (B, T'): which steps are real, or NULL */
    void **weights;       /* (k F, C, width), of convolutions, neighbours, bottleneck */
    void *scale, *shift;  /* (k F), of the normalisation */
    void *mean, *variance; /* (k F), given or found */
    void *found;          /* (k, B, T', line) before the normalisation; NULL: not kept */
    void *y;              /* (B, T', k F) */
    /* The way back only. */
    void *d_y; /* and its strides */
    int64_t d_sample, d_step;
    void *d_x; /* (B, T, k C), or NULL */
    void **d_weights;
    void *d_scale, *d_shift;
} Convolving;

#ifdef DOUBLE
#define CONVOLVE JOIN(skseq_convolve_double, KIND)
#define CONVOLVE_BACK JOIN(skseq_convolve_back_double, KIND)
#else
#define CONVOLVE JOIN(skseq_convolve_float, KIND)
#define CONVOLVE_BACK JOIN(skseq_convolve_back_float, KIND)
#endif
