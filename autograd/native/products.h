/* Sums of products whose operands lie in affine order: a matrix (or a part of one) times rows. For one kind of processor,
   included by lanes.h.

   All of it comes down to one product of matrices, which keeps a tile of results in registers, DOWN rows of ACROSS
   vectors, while it goes through the terms one after the other. So each number that is loaded is used several times. */

#define V(numbers) ((vector *)(numbers))
#define CV(numbers) ((const vector *)(numbers))

/* c[p][q] += a[p][0]·b[0][q] + a[p][1]·b[1][q] + …, for some rows p and some vectors of numbers q, of the last of which
   only `last` numbers are stored. The rows of c are c_row apart, and so on. With `anew` c is overwritten. */
#define TILE(rows, vectors)                                                                                        \
    HERE void OF_KIND(tile_##rows##_##vectors)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row,       \
                                               ptrdiff_t a_term, const double *b, ptrdiff_t b_term,                \
                                               ptrdiff_t terms, ptrdiff_t last, int anew) {                        \
        enum { LAST = vectors - 1 };                                                                               \
        ROWS_##rows(VECTORS_##vectors, BEGIN_SUM)                                                                  \
        for (; terms > 0; terms--, a += a_term, b += b_term) {                                                     \
            VECTORS_##vectors(LOAD_B, 0)                                                                           \
            ROWS_##rows(VECTORS_1, LOAD_A)                                                                         \
            ROWS_##rows(VECTORS_##vectors, ADD)                                                                    \
        }                                                                                                          \
        ROWS_##rows(VECTORS_##vectors, STORE)                                                                      \
    }

TILE(1, 1)
TILE(1, 2)
TILE(4, 1)
TILE(4, 2)
#if ACROSS == 4
TILE(1, 4)
TILE(4, 4)
#endif
#if DOWN == 8
TILE(8, 1)
TILE(8, 2)
#endif
#undef TILE

#define TILE_OF(rows, vectors, last) \
    OF_KIND(tile_##rows##_##vectors)(c + q, c_row, a, a_row, a_term, b + q, b_term, terms, last, anew)

/* The same for rows of any length. */
#define STRIP(rows)                                                                                                \
    HERE void OF_KIND(strip_##rows)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term, \
                                    const double *b, ptrdiff_t b_term, ptrdiff_t columns, ptrdiff_t terms,         \
                                    int anew) {                                                                    \
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
STRIP(4)
#undef WIDE_TILES
#if DOWN == 8
#define WIDE_TILES(rows)
STRIP(8)
#undef WIDE_TILES
#endif
#undef STRIP

/* The same for any number of rows, which must not overlap. */
TARGET static void OF_KIND(product)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term,
                                    const double *b, ptrdiff_t b_term, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms,
                                    int anew) {
    ptrdiff_t p = 0;
#if DOWN == 8
    if (columns <= 2 * WIDTH)
        for (; p + 8 <= rows; p += 8)
            OF_KIND(strip_8)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, anew);
#endif
    for (; p + 4 <= rows; p += 4)
        OF_KIND(strip_4)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, anew);
    for (; p < rows; p++)
        OF_KIND(strip_1)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, anew);
}

#if LANES == 2 * WIDTH && ACROSS == 4
/* The same for rows of LANES columns in two tiles at once, `c_tile` and `b_tile` apart. */
TARGET static void OF_KIND(product_of_two)(double *c, ptrdiff_t c_row, ptrdiff_t c_tile, const double *a, ptrdiff_t a_row,
                                           ptrdiff_t a_term, const double *b, ptrdiff_t b_term, ptrdiff_t b_tile,
                                           ptrdiff_t rows, ptrdiff_t terms, int anew) {
    ptrdiff_t p = 0;
#define C(p, v) V(c + p * c_row + v / 2 * c_tile)[v % 2]
#define BEGIN_TWO(p, v) vector s##p##v = anew ? -(vector){0} : C(p, v);
#define LOAD_TWO(p, v) const vector x##v = CV(b + v / 2 * b_tile)[v % 2];
#define STORE_TWO(p, v) C(p, v) = s##p##v;
    for (; p + 4 <= rows; p += 4, c += 4 * c_row, a += 4 * a_row) {
        const double *const a_begin = a, *const b_begin = b;
        ROWS_4(VECTORS_4, BEGIN_TWO)
        for (ptrdiff_t t = 0; t < terms; t++, a += a_term, b += b_term) {
            VECTORS_4(LOAD_TWO, 0)
            ROWS_4(VECTORS_1, LOAD_A)
            ROWS_4(VECTORS_4, ADD)
        }
        ROWS_4(VECTORS_4, STORE_TWO)
        a = a_begin;
        b = b_begin;
    }
#undef C
#undef BEGIN_TWO
#undef LOAD_TWO
#undef STORE_TWO
    for (int tile = 0; tile < 2 && p < rows; tile++)
        OF_KIND(product)(c + tile * c_tile, c_row, a, a_row, a_term, b + tile * b_tile, b_term, rows - p, LANES, terms, anew);
}
#endif

/* The same for all tiles, whose parts of c, a and b are `c_tile` and so on apart. DEEP terms at a time, so that these rows
   of b stay in the nearest cache; BLOCK rows of all tiles before the next rows, so that a is read from memory once. */
HERE void OF_KIND(tiled_product)(double *c, ptrdiff_t c_row, ptrdiff_t c_tile, const double *a, ptrdiff_t a_row,
                                 ptrdiff_t a_term, ptrdiff_t a_tile, const double *b, ptrdiff_t b_term, ptrdiff_t b_tile,
                                 ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms, ptrdiff_t tiles, int anew) {
    for (; terms > 0; terms -= DEEP, a += DEEP * a_term, b += DEEP * b_term, anew = 0) {
        const ptrdiff_t depth = terms < DEEP ? terms : DEEP;
        for (ptrdiff_t p = 0; p < rows; p += BLOCK) {
            const ptrdiff_t count = rows - p < BLOCK ? rows - p : BLOCK;
            ptrdiff_t tile = 0;
#if LANES == 2 * WIDTH && ACROSS == 4
            for (; columns == LANES && a_tile == 0 && c_tile && tile + 2 <= tiles; tile += 2)
                OF_KIND(product_of_two)(c + p * c_row + tile * c_tile, c_row, c_tile, a + p * a_row, a_row, a_term,
                                        b + tile * b_tile, b_term, b_tile, count, depth, anew);
#endif
            for (; tile < tiles; tile++)
                OF_KIND(product)(c + p * c_row + tile * c_tile, c_row, a + p * a_row + tile * a_tile, a_row, a_term,
                                 b + tile * b_tile, b_term, count, columns, depth, anew);
        }
    }
}

/* to[k][n] = from[n][k] for n < rows and k < columns. */
HERE void OF_KIND(turned)(double *to, ptrdiff_t to_row, const double *from, ptrdiff_t from_row, ptrdiff_t from_column,
                          ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t k = 0; k < columns; k++)
        for (ptrdiff_t n = 0; n < rows; n++)
            to[k * to_row + n] = from[n * from_row + k * from_column];
}

/* to[n][k] = from[k][n] for WIDTH rows and columns. */
HERE void OF_KIND(turned_square)(double *to, ptrdiff_t to_row, const double *from, ptrdiff_t from_row) {
#define LOAD(k) const vector a##k = *CV(from + k * from_row);
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (whole_numbers){__VA_ARGS__})
#endif
#if WIDTH == 8
#define PAIR(k, l) const vector b##k = SHUFFLE(a##k, a##l, 0, 8, 2, 10, 4, 12, 6, 14), \
                                b##l = SHUFFLE(a##k, a##l, 1, 9, 3, 11, 5, 13, 7, 15);
#define FOUR(k, l) const vector c##k = SHUFFLE(b##k, b##l, 0, 1, 8, 9, 4, 5, 12, 13), \
                                c##l = SHUFFLE(b##k, b##l, 2, 3, 10, 11, 6, 7, 14, 15);
#define EIGHT(k, l) *V(to + k * to_row) = SHUFFLE(c##k, c##l, 0, 1, 2, 3, 8, 9, 10, 11); \
                    *V(to + l * to_row) = SHUFFLE(c##k, c##l, 4, 5, 6, 7, 12, 13, 14, 15);
    LOAD(0) LOAD(1) LOAD(2) LOAD(3) LOAD(4) LOAD(5) LOAD(6) LOAD(7)
    PAIR(0, 1) PAIR(2, 3) PAIR(4, 5) PAIR(6, 7)
    FOUR(0, 2) FOUR(1, 3) FOUR(4, 6) FOUR(5, 7)
    EIGHT(0, 4) EIGHT(1, 5) EIGHT(2, 6) EIGHT(3, 7)
#undef EIGHT
#undef FOUR
#undef PAIR
#elif WIDTH == 4
#define PAIR(k, l) const vector b##k = SHUFFLE(a##k, a##l, 0, 4, 2, 6), b##l = SHUFFLE(a##k, a##l, 1, 5, 3, 7);
#define FOUR(k, l) *V(to + k * to_row) = SHUFFLE(b##k, b##l, 0, 1, 4, 5); \
                   *V(to + l * to_row) = SHUFFLE(b##k, b##l, 2, 3, 6, 7);
    LOAD(0) LOAD(1) LOAD(2) LOAD(3)
    PAIR(0, 1) PAIR(2, 3)
    FOUR(0, 2) FOUR(1, 3)
#undef FOUR
#undef PAIR
#else
    LOAD(0) LOAD(1)
    *V(to) = SHUFFLE(a0, a1, 0, 2);
    *V(to + to_row) = SHUFFLE(a0, a1, 1, 3);
#endif
#undef SHUFFLE
#undef LOAD
}

/* to[lane][k] = the number of row k in that lane; the rows are `step` apart. */
HERE void OF_KIND(turned_lanes)(double *to, const double *from, ptrdiff_t step, ptrdiff_t rows) {
    ptrdiff_t k = 0;
    for (; k + WIDTH <= rows; k += WIDTH)
        for (ptrdiff_t lane = 0; lane < LANES; lane += WIDTH)
            OF_KIND(turned_square)(to + lane * rows + k, rows, from + k * step + lane, step);
    for (; k < rows; k++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            to[lane * rows + k] = from[k * step + lane];
}

/* With rows of lanes: a layer, whose weights and biases all examples share. */

HERE void OF_KIND(layer_forward)(const Instruction *i, const Workspace *w, const Part *part) {
    double *rows = w->memory + w->base - w->uniform * LANES;
    for (ptrdiff_t r = 0; r < part->rows; r++) {
        double *out = rows + (i->start + part->first + r * part->columns) * LANES;
        for (int s = 0; s < part->count; s++) {
            const Span *span = &part->spans[s];
            const double *weights = w->memory + AT(span->a, r, 0, 0);
            if (span->code & HAS_B) {
                OF_KIND(tiled_product)(out, LANES, w->stride, weights, span->a.column, span->a.term, 0,
                                       rows + AT(span->b, r, 0, 0) * LANES, span->b.term * LANES, w->stride,
                                       part->columns, LANES, span->terms, w->tiles, s == 0);
                continue;
            }
            for (ptrdiff_t k = 0; k < w->tiles * part->columns; k++)
                for (int t = 0; t < span->terms; t++) {
                    double *row = out + k / part->columns * w->stride + k % part->columns * LANES;
                    const double bias = weights[k % part->columns * span->a.column + t * span->a.term];
                    EACH (int p = 0; p < PARTS; p++)
                        V(row)[p] = (s == 0 && t == 0 ? -(vector){0} : V(row)[p]) + bias;
                }
        }
    }
}

HERE void OF_KIND(layer_backward)(const Instruction *i, const Workspace *w, const Part *part) {
    const double *rows = w->memory + w->base - w->uniform * LANES;
    double *slopes = w->adjoint + w->base - w->uniform * LANES, *turned = w->scratch;
    for (ptrdiff_t r = 0; r < part->rows; r++) {
        const double *g = slopes + (i->start + part->first + r * part->columns) * LANES;
        for (int s = 0; s < part->count; s++) {
            const Span *span = &part->spans[s];
            const ptrdiff_t weights = AT(span->a, r, 0, 0), x = AT(span->b, r, 0, 0) * LANES, step = span->b.term * LANES;
            const ptrdiff_t count = part->columns, terms = span->terms;
            if (!(span->code & HAS_B)) {
                for (ptrdiff_t k = 0; k < w->tiles * count && span->code & A_WANTED; k++) {
                    const double whole = OF_KIND(total)(CV(g + k / count * w->stride + k % count * LANES));
                    for (ptrdiff_t t = 0; t < terms; t++)
                        w->adjoint[weights + k % count * span->a.column + t * span->a.term] += whole;
                }
                continue;
            }
            if (span->code & A_WANTED && span->a.term == 1 && w->examples && span->b.term == 1 &&
                AT(span->b, r, 0, 0) + (terms + WIDTH - 1) / WIDTH * WIDTH <= w->uniform + w->inputs) {
                OF_KIND(tiled_product)(w->adjoint + weights, span->a.column, 0, g, LANES, 1, w->stride,
                                       w->examples + AT(span->b, r, 0, 0) - w->uniform, w->inputs, LANES * w->inputs,
                                       count, terms, LANES, w->tiles, 0);
            } else if (span->code & A_WANTED && span->a.term == 1) {
                for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                    OF_KIND(turned_lanes)(turned + tile * LANES * terms, rows + x + tile * w->stride, step, terms);
                OF_KIND(tiled_product)(w->adjoint + weights, span->a.column, 0, g, LANES, 1, w->stride, turned, terms,
                                       LANES * terms, count, terms, LANES, w->tiles, 0);
            } else if (span->code & A_WANTED) {
                for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                    OF_KIND(turned_lanes)(turned + tile * LANES * count, g + tile * w->stride, LANES, count);
                OF_KIND(tiled_product)(w->adjoint + weights, span->a.term, 0, rows + x, step, 1, w->stride, turned, count,
                                       LANES * count, terms, count, LANES, w->tiles, 0);
            }
            if (span->code & B_WANTED)
                OF_KIND(tiled_product)(slopes + x, step, w->stride, w->memory + weights, span->a.term, span->a.column, 0,
                                       g, LANES, w->stride, terms, LANES, count, w->tiles, 0);
        }
    }
}

/* Without lanes: all slots hold single numbers. */

/* out[k] += Σ a·b for `count` results, eight at a time: within one, each addition waits for the previous one. */
HERE void OF_KIND(dots)(double *out, ptrdiff_t out_step, const double *a, ptrdiff_t a_step, ptrdiff_t a_term,
                        const double *b, ptrdiff_t b_step, ptrdiff_t b_term, ptrdiff_t count, int terms, int anew) {
    ptrdiff_t k = 0;
    for (; k + 8 <= count; k += 8) {
        double sum[8];
        EACH (int n = 0; n < 8; n++)
            sum[n] = anew ? -0.0 : out[(k + n) * out_step];
        for (int t = 0; t < terms; t++)
            EACH (int n = 0; n < 8; n++)
                sum[n] += a[(k + n) * a_step + t * a_term] * b[(k + n) * b_step + t * b_term];
        EACH (int n = 0; n < 8; n++)
            out[(k + n) * out_step] = sum[n];
    }
    for (; k < count; k++) {
        double sum = anew ? -0.0 : out[k * out_step];
        for (int t = 0; t < terms; t++)
            sum += a[k * a_step + t * a_term] * b[k * b_step + t * b_term];
        out[k * out_step] = sum;
    }
}

HERE void OF_KIND(part_forward)(const Instruction *i, const Workspace *w, const Part *part) {
    const ptrdiff_t rows = part->rows, columns = part->columns;
    double *out = w->memory + i->start + part->first;
    for (int s = 0; s < part->count; s++) {
        const Span *span = &part->spans[s];
        const int turn = span->a.column == 0 && span->b.column != 0, anew = s == 0;
        const Affine a = turn ? span->b : span->a, b = turn ? span->a : span->b;
        const double *m = w->memory, *x = m + b.start;
        if (!(span->code & HAS_B)) {
            for (ptrdiff_t k = 0; k < rows * columns; k++) {
                double sum = anew ? -0.0 : out[k];
                for (int t = 0; t < span->terms; t++)
                    sum += m[AT(span->a, k / columns, k % columns, t)];
                out[k] = sum;
            }
        } else if (b.column == 0 && a.row == 0 && a.column == 1) {
            OF_KIND(product)(out, columns, x, b.row, b.term, m + a.start, a.term, rows, columns, span->terms, anew);
        } else if (b.column == 0 && a.row == 0 && rows >= 4 && columns >= 4) {
            const ptrdiff_t room = (rows + WIDTH - 1) / WIDTH * WIDTH;
            double *turned = w->scratch, *found = turned + span->terms * room;
            OF_KIND(turned)(turned, room, x, b.row, b.term, rows, span->terms);
            if (!anew)
                OF_KIND(turned)(found, room, out, columns, 1, rows, columns);
            OF_KIND(product)(found, room, m + a.start, a.column, a.term, turned, room, columns, rows, span->terms, anew);
            OF_KIND(turned)(out, columns, found, room, 1, columns, rows);
        } else if (columns == 1) {
            OF_KIND(dots)(out, 1, m + a.start, a.row, a.term, x, b.row, b.term, rows, span->terms, anew);
        } else {
            for (ptrdiff_t r = 0; r < rows; r++)
                OF_KIND(dots)(out + r * columns, 1, m + AT(a, r, 0, 0), a.column, a.term, m + AT(b, r, 0, 0), b.column,
                              b.term, columns, span->terms, anew);
        }
    }
}

/* Add to the adjoints x what the results, whose adjoints are g, contribute by their factors y. */
HERE void OF_KIND(contribute)(double *adjoint, Affine x, const double *memory, Affine y, const double *g, ptrdiff_t rows,
                              ptrdiff_t columns, ptrdiff_t terms) {
    double *to = adjoint + x.start;
    const double *from = memory + y.start;
    if (x.term == 1 && y.term == 1 && y.column == 0 && x.row == 0 && (columns == 1 || far_apart(x.column, terms))) {
        OF_KIND(product)(to, x.column, g, 1, columns, from, y.row, columns, terms, rows, 0);
        return;
    }
    for (ptrdiff_t r = 0; r < rows; r++, to += x.row, from += y.row, g += columns) {
        if (x.term == 1 && y.term == 1 && x.column == 0) {
            OF_KIND(product)(to, 0, g, 0, 1, from, y.column, 1, terms, columns, 0);
        } else if (x.term == 1 && y.term == 1 && y.column == 0 && far_apart(x.column, terms)) {
            OF_KIND(product)(to, x.column, g, 1, 0, from, 0, columns, terms, 1, 0);
        } else if (x.column == 1 && y.column == 0 && far_apart(x.term, columns)) {
            OF_KIND(product)(to, x.term, from, y.term, 0, g, 0, terms, columns, 1, 0);
        } else {
            for (ptrdiff_t c = 0; c < columns; c++)
                for (ptrdiff_t t = 0; t < terms; t++)
                    to[c * x.column + t * x.term] += g[c] * from[c * y.column + t * y.term];
        }
    }
}

HERE void OF_KIND(part_backward)(const Instruction *i, const Workspace *w, const Part *part) {
    const double *g = w->adjoint + i->start + part->first;
    for (int s = 0; s < part->count; s++) {
        const Span *span = &part->spans[s];
        if (!(span->code & HAS_B)) {
            for (ptrdiff_t k = 0; k < part->rows * part->columns && span->code & A_WANTED; k++)
                for (int t = 0; t < span->terms; t++)
                    w->adjoint[AT(span->a, k / part->columns, k % part->columns, t)] += g[k];
            continue;
        }
        if (span->code & A_WANTED)
            OF_KIND(contribute)(w->adjoint, span->a, w->memory, span->b, g, part->rows, part->columns, span->terms);
        if (span->code & B_WANTED)
            OF_KIND(contribute)(w->adjoint, span->b, w->memory, span->a, g, part->rows, part->columns, span->terms);
    }
}

#undef V
#undef CV
