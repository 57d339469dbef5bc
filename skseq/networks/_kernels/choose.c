/* Calls the code that was compiled for the processor at hand. */

#include "convolving.h"
#include "pooling.h"
#include "recurrent.h"
#include "seeing.h"

#ifdef __x86_64__
#include <immintrin.h>
#define FLUSH 0x8040 /* denormal numbers are zero, read and written */
static unsigned begin_flushing(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH);
    return before;
}
static void end_flushing(unsigned before) { _mm_setcsr(before); }
#else
static unsigned begin_flushing(void) { return 0; }
static void end_flushing(unsigned before) { (void)before; }
#endif

#define PUBLIC __attribute__((visibility("default")))

/* The newest set of instructions: 0 those of every processor, 1 AVX2, 2 AVX-512. */
PUBLIC int64_t skseq_instructions(void)
{
#ifdef HAS_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 2;
#endif
#ifdef HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 1;
#endif
    return 0;
}

#ifdef HAS_AVX2
#define TRY_AVX2(what) TRY(what, 1, avx2)
#define DECLARE_AVX2(what, type) DECLARE(what, type, avx2)
#else
#define TRY_AVX2(what)
#define DECLARE_AVX2(what, type)
#endif
#ifdef HAS_AVX512
#define TRY_AVX512(what) TRY(what, 2, avx512)
#define DECLARE_AVX512(what, type) DECLARE(what, type, avx512)
#else
#define TRY_AVX512(what)
#define DECLARE_AVX512(what, type)
#endif
#define DECLARE(what, type, kind)                     \
    int64_t skseq_##what##_float_##kind(const type *); \
    int64_t skseq_##what##_double_##kind(const type *);
#define CALLED(what, kind)                                \
    (call->is_double ? skseq_##what##_double_##kind(call) \
                     : skseq_##what##_float_##kind(call))
#define TRY(what, newest, kind)       \
    if (call->instructions == newest) \
        return CALLED(what, kind);

/* Returns 0, or 1 if there is no memory. Gradients that vanish pass through denormal
numbers, of which each takes an Intel processor a hundred times as long as another. The
setting is the thread's own, and given back. */
#define PUBLISH(what, type)                        \
    DECLARE(what, type, plain)                     \
    DECLARE_AVX2(what, type)                       \
    DECLARE_AVX512(what, type)                     \
    static int64_t choose_##what(const type *call) \
    {                                              \
        TRY_AVX512(what)                           \
        TRY_AVX2(what)                             \
        return CALLED(what, plain);                \
    }                                              \
    PUBLIC int64_t skseq_##what(const type *call)  \
    {                                              \
        unsigned before = begin_flushing();        \
        int64_t failed = choose_##what(call);      \
        end_flushing(before);                      \
        return failed;                             \
    }

PUBLISH(forwards, Call)
PUBLISH(back, Call)
PUBLISH(see, Seeing)
PUBLISH(see_back, Seeing)
PUBLISH(convolve, Convolving)
PUBLISH(convolve_back, Convolving)
PUBLISH(pool, Pooling)
PUBLISH(pool_back, Pooling)

/* For a check that Python and this code speak of the same. */
PUBLIC int64_t skseq_call_size(void) { return sizeof(Call); }
PUBLIC int64_t skseq_convolving_size(void) { return sizeof(Convolving); }
PUBLIC int64_t skseq_pooling_size(void) { return sizeof(Pooling); }
PUBLIC int64_t skseq_seeing_size(void) { return sizeof(Seeing); }
