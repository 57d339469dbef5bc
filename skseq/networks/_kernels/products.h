/* A small matrix product. Every sum has an order of its own that depends on shapes alone,
so that the same numbers give the same bits. */

#include "vectors.h"

#ifndef DEPTH
#define DEPTH 128 /* rows of a panel of weights, which stay in the nearest cache */
#endif

/* A block of c = a b, or c += a b, that stays in registers. Row r of a begins at
a + r * lda, and `along` leads from one of its values to the next. */
INLINE void tile(int rows, int vecs, const REAL *a, int64_t lda, int64_t along,
                 const REAL *b, int64_t ldb, REAL *c, int64_t ldc, int64_t n_k, int add)
{
    vec sums[16][4];
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int v = 0; v < vecs; v++)
        sums[r][v] = add ? load(c + r * ldc + v * LANES) : (vec){0};
    for (int64_t k = 0; k < n_k; k++) {
        vec row[4];
        UNROLL
        for (int v = 0; v < vecs; v++)
            row[v] = load(b + k * ldb + v * LANES);
        UNROLL
        for (int r = 0; r < rows; r++) {
            REAL x = a[r * lda + k * along];
            UNROLL
            for (int v = 0; v < vecs; v++)
                sums[r][v] += x * row[v];
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int v = 0; v < vecs; v++)
        store(c + r * ldc + v * LANES, sums[r][v]);
}

#define TILES(rows, vecs)                 \
    for (; i + rows <= n_rows; i += rows) \
        tile(rows, vecs, a + i * lda, lda, along, b, ldb, c + i * ldc, ldc, n_k, add);

/* Up to four vectors of columns of c. */
#define PANEL(name, vecs, wide, narrow)                                              \
    static void name(const REAL *a, int64_t lda, int64_t along, const REAL *b,       \
                     int64_t ldb, REAL *c, int64_t ldc, int64_t n_rows, int64_t n_k, \
                     int add)                                                        \
    {                                                                                \
        int64_t i = 0;                                                               \
        TILES((REGISTERS == 32 ? wide : narrow), vecs)                               \
        TILES((REGISTERS == 32 && wide > 8 ? 8 : 2), vecs)                           \
        TILES(2, vecs)                                                               \
        TILES(1, vecs)                                                               \
    }

PANEL(panel_1, 1, 16, 8)
PANEL(panel_2, 2, 8, 6)
PANEL(panel_3, 3, 8, 4)
PANEL(panel_4, 4, 4, 3)

/* c = a b or c += a b. Without ldb, b is packed: panels of four vectors of columns. */
static void product(const REAL *a, int64_t lda, int64_t along, const REAL *b, int64_t ldb,
                    REAL *c, int64_t ldc, int64_t n_rows, int64_t n_columns, int64_t n_k,
                    int add)
{
    for (int64_t k = 0; k < n_k; k += DEPTH) {
        int64_t depth = n_k - k < DEPTH ? n_k - k : DEPTH;
        for (int64_t j = 0; j < n_columns; j += 4 * LANES) {
            int64_t width = n_columns - j < 4 * LANES ? n_columns - j : 4 * LANES;
            int64_t stride = ldb ? ldb : width;
            const REAL *from = b + (ldb ? j : j * n_k) + k * stride;
            const REAL *left = a + k * along;
            if (width == 4 * LANES)
                panel_4(left, lda, along, from, stride, c + j, ldc, n_rows, depth, add);
            else if (width == 3 * LANES)
                panel_3(left, lda, along, from, stride, c + j, ldc, n_rows, depth, add);
            else if (width == 2 * LANES)
                panel_2(left, lda, along, from, stride, c + j, ldc, n_rows, depth, add);
            else
                panel_1(left, lda, along, from, stride, c + j, ldc, n_rows, depth, add);
        }
        add = 1;
    }
}

/* Where a packed matrix of n_k rows has the value of row 0 in a column; and from row to
 * row. */
INLINE REAL *packed(REAL *b, int64_t n_columns, int64_t n_k, int64_t column,
                    int64_t *stride)
{
    int64_t j = column / (4 * LANES) * (4 * LANES);
    *stride = n_columns - j < 4 * LANES ? n_columns - j : 4 * LANES;
    return b + j * n_k + (column - j);
}
