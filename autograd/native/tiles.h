/* The product of matrices of products.h, for one kind of processor and one way to multiply and add. It says

   OF_TILES      the names of the functions
   PLUS_PRODUCT  s + w · x, for a vector s, a number w and a vector x
   FINISHED      what is stored in place of a sum s at `c`, where `finish` is not 0 */

#define ADD(p, v) s##p##v = PLUS_PRODUCT(s##p##v, w##p, x##v);

/* c[p][q] += a[p][0]·b[0][q] + a[p][1]·b[1][q] + …, for some rows p and some vectors of numbers q, of the last of which
   only `last` numbers are stored. The rows of c are c_row apart, and so on. The terms lie in `blocks` of so many, from one
   of which to the next are a_block and b_block. Sums
   begin with a number for each row, at `begin` and begin_row apart; or, if that is NULL, with what is in c. */
#define FINISH(p, v) s##p##v = FINISHED(s##p##v, CV(c + p * c_row) + v, finish);
#define BEGIN_AT(p) (begin ? begin + (p) * begin_row : begin)
#define BEGIN_SUM(p, v) vector s##p##v = begin ? (vector)(-(vector){0} + begin[p * begin_row]) : CV(c + p * c_row)[v];

#define TILE(rows, vectors)                                                                                        \
    HERE void OF_TILES(tile_##rows##_##vectors)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row,       \
                                               ptrdiff_t a_term, ptrdiff_t a_block, const double *b,               \
                                               ptrdiff_t b_term, ptrdiff_t b_block, ptrdiff_t terms,               \
                                               ptrdiff_t blocks, ptrdiff_t last, const double *begin,               \
                                               ptrdiff_t begin_row, ptrdiff_t finish) {                            \
        enum { LAST = vectors - 1 };                                                                               \
        ROWS_##rows(VECTORS_##vectors, BEGIN_SUM)                                                                  \
        for (; blocks > 0; blocks--, a += a_block - terms * a_term, b += b_block - terms * b_term)                 \
            for (ptrdiff_t t = 0; t < terms; t++, a += a_term, b += b_term) {                                      \
                VECTORS_##vectors(LOAD_B, 0)                                                                       \
                ROWS_##rows(VECTORS_1, LOAD_A)                                                                     \
                ROWS_##rows(VECTORS_##vectors, ADD)                                                                \
            }                                                                                                      \
        if (finish) {                                                                                              \
            ROWS_##rows(VECTORS_##vectors, FINISH)                                                                 \
        }                                                                                                          \
        ROWS_##rows(VECTORS_##vectors, STORE)                                                                      \
    }

TILE(1, 1)
TILE(1, 2)
TILE(2, 1)
TILE(2, 2)
TILE(4, 1)
TILE(4, 2)
#if ACROSS == 4
TILE(1, 4)
TILE(2, 4)
TILE(4, 4)
#endif
#if DOWN == 8
TILE(8, 1)
TILE(8, 2)
#endif
#undef TILE

#define TILE_OF(rows, vectors, last) \
    OF_TILES(tile_##rows##_##vectors)(c + q, c_row, a, a_row, a_term, a_block, b + q, b_term, b_block, terms, blocks,   \
                                      last, begin, begin_row, finish)

/* The same for rows of any length. */
#define STRIP(rows)                                                                                                \
    HERE void OF_TILES(strip_##rows)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term, \
                                    ptrdiff_t a_block, const double *b, ptrdiff_t b_term, ptrdiff_t b_block,       \
                                    ptrdiff_t columns, ptrdiff_t terms, ptrdiff_t blocks, const double *begin,     \
                                    ptrdiff_t begin_row, ptrdiff_t finish) {                                       \
        ptrdiff_t q = 0;                                                                                           \
        WIDE_TILES(rows)                                                                                           \
        for (; columns - q > WIDTH; q += 2 * WIDTH)                                                                \
            TILE_OF(rows, 2, columns - q >= 2 * WIDTH ? WIDTH : columns - q - WIDTH);                              \
        if (q < columns)                                                                                           \
            TILE_OF(rows, 1, columns - q);                                                                         \
    }

#if ACROSS == 4
#define WIDE_TILES(rows)                                                                                           \
    for (; columns - q >= 4 * WIDTH; q += 4 * WIDTH)                                                               \
        TILE_OF(rows, 4, WIDTH);
#else
#define WIDE_TILES(rows)
#endif
STRIP(1)
STRIP(2)
STRIP(4)
#undef WIDE_TILES
#if DOWN == 8
#define WIDE_TILES(rows)
STRIP(8)
#undef WIDE_TILES
#endif
#undef STRIP

/* The same for any number of rows, which must not overlap. */
HERE void OF_TILES(product_of_blocks)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term,
                                     ptrdiff_t a_block, const double *b, ptrdiff_t b_term, ptrdiff_t b_block,
                                     ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms, ptrdiff_t blocks,
                                     const double *begin, ptrdiff_t begin_row, ptrdiff_t finish) {
    ptrdiff_t p = 0;
#define STRIPS(count)                                                                                              \
    for (; p + count <= rows; p += count)                                                                          \
        OF_TILES(strip_##count)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, a_block, b, b_term, b_block,   \
                                columns, terms, blocks, BEGIN_AT(p), begin_row, finish);
#if DOWN == 8
    if (columns <= 2 * WIDTH) {
        STRIPS(8)
    }
#endif
    STRIPS(4)
    STRIPS(2)
    STRIPS(1)
#undef STRIPS
}

TARGET static void OF_TILES(product)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term,
                                    const double *b, ptrdiff_t b_term, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms,
                                    const double *begin, ptrdiff_t begin_row, ptrdiff_t finish) {
    OF_TILES(product_of_blocks)(c, c_row, a, a_row, a_term, 0, b, b_term, 0, rows, columns, terms, 1, begin, begin_row,
                                finish);
}

#if LANES == 2 * WIDTH && ACROSS == 4
/* The same for rows of LANES columns in two tiles at once, `c_tile` and `b_tile` apart. */
TARGET static void OF_TILES(product_of_two)(double *c, ptrdiff_t c_row, ptrdiff_t c_tile, const double *a, ptrdiff_t a_row,
                                           ptrdiff_t a_term, const double *b, ptrdiff_t b_term, ptrdiff_t b_tile,
                                           ptrdiff_t rows, ptrdiff_t terms, const double *begin,
                                           ptrdiff_t begin_row, ptrdiff_t finish) {
    ptrdiff_t p = 0;
#define C(p, v) V(c + p * c_row + v / 2 * c_tile)[v % 2]
#define BEGIN_TWO(p, v) vector s##p##v = first ? (vector)(-(vector){0} + first[p * begin_row]) : C(p, v);
#define LOAD_TWO(p, v) const vector x##v = CV(b + v / 2 * b_tile)[v % 2];
#define FINISH_TWO(p, v) s##p##v = FINISHED(s##p##v, &C(p, v), finish);
#define STORE_TWO(p, v) C(p, v) = s##p##v;
    for (; p + 4 <= rows; p += 4, c += 4 * c_row, a += 4 * a_row) {
        const double *const a_begin = a, *const b_begin = b, *const first = BEGIN_AT(p);
        ROWS_4(VECTORS_4, BEGIN_TWO)
        for (ptrdiff_t t = 0; t < terms; t++, a += a_term, b += b_term) {
            VECTORS_4(LOAD_TWO, 0)
            ROWS_4(VECTORS_1, LOAD_A)
            ROWS_4(VECTORS_4, ADD)
        }
        if (finish) {
            ROWS_4(VECTORS_4, FINISH_TWO)
        }
        ROWS_4(VECTORS_4, STORE_TWO)
        a = a_begin;
        b = b_begin;
    }
#undef C
#undef BEGIN_TWO
#undef LOAD_TWO
#undef FINISH_TWO
#undef STORE_TWO
    for (int tile = 0; tile < 2 && p < rows; tile++)
        OF_TILES(product)(c + tile * c_tile, c_row, a, a_row, a_term, b + tile * b_tile, b_term, rows - p, LANES, terms,
                          BEGIN_AT(p), begin_row, finish);
}
#endif

/* The same for all tiles, whose parts of c, a and b are `c_tile` and so on apart. DEEP terms at a time, so that these rows
   of b stay in the nearest cache; BLOCK rows of all tiles before the next rows, so that a is read from memory once. */
HERE void OF_TILES(tiled_product)(double *c, ptrdiff_t c_row, ptrdiff_t c_tile, const double *a, ptrdiff_t a_row,
                                 ptrdiff_t a_term, ptrdiff_t a_tile, const double *b, ptrdiff_t b_term, ptrdiff_t b_tile,
                                 ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms, ptrdiff_t tiles,
                                 const double *begin, ptrdiff_t begin_row, ptrdiff_t finish) {
    for (; terms > 0; terms -= DEEP, a += DEEP * a_term, b += DEEP * b_term, begin = NULL) {
        const ptrdiff_t depth = terms < DEEP ? terms : DEEP, last = terms <= DEEP ? finish : 0;
        for (ptrdiff_t p = 0; p < rows; p += BLOCK) {
            const ptrdiff_t count = rows - p < BLOCK ? rows - p : BLOCK;
            ptrdiff_t tile = 0;
#if LANES == 2 * WIDTH && ACROSS == 4
            for (; columns == LANES && a_tile == 0 && tile + 2 <= tiles; tile += 2)
                OF_TILES(product_of_two)(c + p * c_row + tile * c_tile, c_row, c_tile, a + p * a_row, a_row, a_term,
                                        b + tile * b_tile, b_term, b_tile, count, depth, BEGIN_AT(p), begin_row,
                                        last);
#endif
            for (; tile < tiles; tile++)
                OF_TILES(product)(c + p * c_row + tile * c_tile, c_row, a + p * a_row + tile * a_tile, a_row, a_term,
                                 b + tile * b_tile, b_term, count, columns, depth, BEGIN_AT(p), begin_row,
                                 last);
        }
    }
}

#undef ADD
#undef BEGIN_AT
#undef BEGIN_SUM
#undef FINISH
#undef FINISHED
#undef OF_TILES
#undef PLUS_PRODUCT
