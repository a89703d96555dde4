/* Sums of products whose operands lie in affine order: a matrix (or a part of one) times rows. For one kind of processor,
   included by lanes.h.

   All of it comes down to one product of matrices, which keeps a tile of results in registers, DOWN rows of ACROSS
   vectors, while it goes through the terms one after the other. So each number that is loaded is used several times. */

#define V(numbers) ((vector *)(numbers))
#define CV(numbers) ((const vector *)(numbers))

/* Results are computed with a product that is rounded before it is added, as eager operations do it; the order of adding
   is that of the terms. In gradients it is free, and so is the rounding: there, one instruction does both.

   Where only a ReLU uses the results, they are not stored, but it is; and where a ReLU made the rows of a layer, their
   adjoints are not stored, but those of its operands are. */

#define KEPT_WHERE(condition, x) ((vector)((whole_numbers)(x) & (condition))) /* and 0 elsewhere */

#define OF_TILES(name) OF_KIND(name)
#define PLUS_PRODUCT(s, w, x) ((s) + (w) * (x))
#define FINISHED(s, c, finish) OF_KIND(relu)(s)
HERE vector OF_KIND(relu)(vector s) {
    return FUSED_PRODUCT(POSITIVE(s), s, (vector){0}); /* what is not finite shows */
}
#include "tiles.h"

/* `finish` is how far from the adjoints c the results of the ReLU are. */
#define OF_TILES(name) OF_KIND(fused_##name)
#define PLUS_PRODUCT(s, w, x) FUSED(s, w, x)
#define FINISHED(s, c, finish) OF_KIND(through_relu)(s, (const vector *)((uintptr_t)(c) + (uintptr_t)(finish)))
HERE vector OF_KIND(through_relu)(vector s, const vector *out) {
    return s * KEPT_WHERE(*out > 0.0, (vector){0} + 1.0);
}
#include "tiles.h"

/* Add to c the sum of such products over all tiles: some rows and a few vectors of columns at a time, so that what they are
   computed from stays in the nearest cache. */
TARGET static void OF_KIND(add_sum_of_products)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row,
                                                ptrdiff_t a_tile, const double *b, ptrdiff_t b_term, ptrdiff_t b_tile,
                                                ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t tiles) {
    enum { WIDE = ACROSS * WIDTH };
    for (ptrdiff_t p = 0; p < rows; p += SUMMED)
        for (ptrdiff_t q = 0; q < columns; q += WIDE)
            OF_KIND(fused_product_of_blocks)(c + p * c_row + q, c_row, a + p * a_row, a_row, 1, a_tile, b + q, b_term, b_tile,
                                             rows - p < SUMMED ? rows - p : SUMMED, columns - q < WIDE ? columns - q : WIDE,
                                             LANES, tiles, NULL, 0, 0);
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

/* Add to four numbers, at `c` and `step` apart, the sums of four rows. */
HERE void OF_KIND(add_totals)(double *c, ptrdiff_t step, const vector *s0, const vector *s1, const vector *s2, const vector *s3) {
#if WIDTH == 2
    const double sums[] = {OF_KIND(total)(s0), OF_KIND(total)(s1), OF_KIND(total)(s2), OF_KIND(total)(s3)};
#else
    const four sums = OF_KIND(totals)(OF_KIND(folded)(s0), OF_KIND(folded)(s1), OF_KIND(folded)(s2), OF_KIND(folded)(s3));
#endif
    EACH (int n = 0; n < 4; n++)
        c[n * step] += sums[n];
}

/* Add to the numbers at `c` the sums of products of some rows of lanes g with rows of lanes x, over all tiles: what is best
   where one of them are few, as nothing has to be turned. */
HERE void OF_KIND(add_dots)(double *c, ptrdiff_t c_row, ptrdiff_t c_term, const double *g, ptrdiff_t g_row, const double *x,
                            ptrdiff_t x_row, ptrdiff_t tile_step, ptrdiff_t rows, ptrdiff_t terms, ptrdiff_t tiles) {
    for (ptrdiff_t t = 0; t < terms; t++, x += x_row, c += c_term) {
        ptrdiff_t p = 0;
        for (; p + 4 <= rows; p += 4) {
            vector sum[4][PARTS] = {{{0}}};
            for (ptrdiff_t tile = 0; tile < tiles; tile++)
                EACH (int part = 0; part < PARTS; part++) {
                    const vector factor = CV(x + tile * tile_step)[part];
                    EACH (int n = 0; n < 4; n++)
                        sum[n][part] = FUSED_PRODUCT(sum[n][part], CV(g + (p + n) * g_row + tile * tile_step)[part], factor);
                }
            OF_KIND(add_totals)(c + p * c_row, c_row, sum[0], sum[1], sum[2], sum[3]);
        }
        for (; p < rows; p++) {
            vector sum[PARTS] = {{0}};
            for (ptrdiff_t tile = 0; tile < tiles; tile++)
                EACH (int part = 0; part < PARTS; part++)
                    sum[part] = FUSED_PRODUCT(sum[part], CV(g + p * g_row + tile * tile_step)[part],
                                              CV(x + tile * tile_step)[part]);
            c[p * c_row] += OF_KIND(total)(sum);
        }
    }
}

/* Add to the numbers at `c` the sums of some rows of lanes g, over all tiles. */
HERE void OF_KIND(add_sums)(double *c, ptrdiff_t c_row, const double *g, ptrdiff_t g_row, ptrdiff_t tile_step, ptrdiff_t rows,
                            ptrdiff_t tiles) {
    ptrdiff_t p = 0;
    for (; p + 4 <= rows; p += 4) {
        vector sum[4][PARTS] = {{{0}}};
        for (ptrdiff_t tile = 0; tile < tiles; tile++)
            EACH (int n = 0; n < 4; n++)
                EACH (int part = 0; part < PARTS; part++)
                    sum[n][part] += CV(g + (p + n) * g_row + tile * tile_step)[part];
        OF_KIND(add_totals)(c + p * c_row, c_row, sum[0], sum[1], sum[2], sum[3]);
    }
    for (; p < rows; p++) {
        vector sum[PARTS] = {{0}};
        for (ptrdiff_t tile = 0; tile < tiles; tile++)
            EACH (int part = 0; part < PARTS; part++)
                sum[part] += CV(g + p * g_row + tile * tile_step)[part];
        c[p * c_row] += OF_KIND(total)(sum);
    }
}

/* With rows of lanes: a layer, whose weights and biases all examples share. */

HERE void OF_KIND(layer_forward)(const Instruction *i, const Workspace *w, const Part *part) {
    double *rows = w->memory + w->base - w->uniform * LANES;
    for (ptrdiff_t r = 0; r < part->rows; r++) {
        double *out = rows + (i->start + i->relu + part->first + r * part->columns) * LANES;
        const double *begin = &NOTHING;
        ptrdiff_t begin_row = 0;
        int s = 0;
        if (part->count > 1 && !(part->spans[0].code & HAS_B) && part->spans[0].terms == 1 && part->spans[1].code & HAS_B) {
            begin = w->memory + AT(part->spans[0].a, r, 0, 0); /* the sum of products begins with the bias */
            begin_row = part->spans[0].a.column;
            s = 1;
        }
        for (; s < part->count; s++, begin = NULL) {
            const Span *span = &part->spans[s];
            const double *weights = w->memory + AT(span->a, r, 0, 0);
            const int finish = i->relu && s == part->count - 1;
            if (span->code & HAS_B) {
                OF_KIND(tiled_product)(out, LANES, w->stride, weights, span->a.column, span->a.term, 0,
                                       rows + AT(span->b, r, 0, 0) * LANES, span->b.term * LANES, w->stride,
                                       part->columns, LANES, span->terms, w->tiles, begin, begin_row, finish);
                continue;
            }
            for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                for (ptrdiff_t k = 0; k < part->columns; k++)
                    for (int t = 0; t < span->terms; t++) {
                        double *row = out + tile * w->stride + k * LANES;
                        const double bias = weights[k * span->a.column + t * span->a.term];
                        EACH (int p = 0; p < PARTS; p++) {
                            const vector sum = (begin && t == 0 ? -(vector){0} : V(row)[p]) + bias;
                            V(row)[p] = finish && t == span->terms - 1 ? OF_KIND(relu)(sum) : sum;
                        }
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
                for (ptrdiff_t t = 0; t < terms && span->code & A_WANTED; t++)
                    OF_KIND(add_sums)(w->adjoint + weights + t * span->a.term, span->a.column, g, LANES, w->stride, count,
                                      w->tiles);
                continue;
            }
            if (span->code & A_WANTED && terms <= FEW) {
                OF_KIND(add_dots)(w->adjoint + weights, span->a.column, span->a.term, g, LANES, rows + x, step, w->stride,
                                  count, terms, w->tiles);
            } else if (span->code & A_WANTED && count <= FEW) {
                OF_KIND(add_dots)(w->adjoint + weights, span->a.term, span->a.column, rows + x, step, g, LANES, w->stride,
                                  terms, count, w->tiles);
            } else if (span->code & A_WANTED && span->a.term == 1 && w->examples && span->b.term == 1 &&
                AT(span->b, r, 0, 0) + (terms + WIDTH - 1) / WIDTH * WIDTH <= w->uniform + w->inputs) {
                OF_KIND(add_sum_of_products)(w->adjoint + weights, span->a.column, g, LANES, w->stride,
                                             w->examples + AT(span->b, r, 0, 0) - w->uniform, w->inputs,
                                             LANES * w->inputs, count, terms, w->tiles);
            } else if (span->code & A_WANTED && span->a.term == 1) {
                for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                    OF_KIND(turned_lanes)(turned + tile * LANES * terms, rows + x + tile * w->stride, step, terms);
                OF_KIND(add_sum_of_products)(w->adjoint + weights, span->a.column, g, LANES, w->stride, turned, terms,
                                             LANES * terms, count, terms, w->tiles);
            } else if (span->code & A_WANTED) {
                for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                    OF_KIND(turned_lanes)(turned + tile * LANES * count, g + tile * w->stride, LANES, count);
                OF_KIND(add_sum_of_products)(w->adjoint + weights, span->a.term, rows + x, step, w->stride, turned, count,
                                             LANES * count, terms, count, w->tiles);
            }
            if (span->code & B_WANTED) {
                double *c = slopes + x + span->relu * LANES;
                const ptrdiff_t finish = span->relu ? (uintptr_t)(rows + x) - (uintptr_t)c : 0;
                OF_KIND(fused_tiled_product)(c, step, w->stride, w->memory + weights, span->a.term, span->a.column, 0,
                                             g, LANES, w->stride, terms, LANES, count, w->tiles,
                                             span->first ? &ZERO : NULL, 0, finish);
            }
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
        const double *const begin = anew ? &NOTHING : NULL;
        const Affine a = turn ? span->b : span->a, b = turn ? span->a : span->b;
        const double *m = w->memory, *x = m + b.start;
        if (!(span->code & HAS_B)) {
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t c = 0; c < columns; c++) {
                    double sum = anew ? -0.0 : out[r * columns + c];
                    for (int t = 0; t < span->terms; t++)
                        sum += m[AT(span->a, r, c, t)];
                    out[r * columns + c] = sum;
                }
        } else if (b.column == 0 && a.row == 0 && a.column == 1) {
            OF_KIND(product)(out, columns, x, b.row, b.term, m + a.start, a.term, rows, columns, span->terms, begin, 0, 0);
        } else if (b.column == 0 && a.row == 0 && rows >= 4 && columns >= 4) {
            const ptrdiff_t room = (rows + WIDTH - 1) / WIDTH * WIDTH;
            double *turned = w->scratch, *found = turned + span->terms * room;
            OF_KIND(turned)(turned, room, x, b.row, b.term, rows, span->terms);
            if (!anew)
                OF_KIND(turned)(found, room, out, columns, 1, rows, columns);
            OF_KIND(product)(found, room, m + a.start, a.column, a.term, turned, room, columns, rows, span->terms, begin, 0, 0);
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
        OF_KIND(fused_product)(to, x.column, g, 1, columns, from, y.row, columns, terms, rows, NULL, 0, 0);
        return;
    }
    for (ptrdiff_t r = 0; r < rows; r++, to += x.row, from += y.row, g += columns) {
        if (x.term == 1 && y.term == 1 && x.column == 0) {
            OF_KIND(fused_product)(to, 0, g, 0, 1, from, y.column, 1, terms, columns, NULL, 0, 0);
        } else if (x.term == 1 && y.term == 1 && y.column == 0 && far_apart(x.column, terms)) {
            OF_KIND(fused_product)(to, x.column, g, 1, 0, from, 0, columns, terms, 1, NULL, 0, 0);
        } else if (x.column == 1 && y.column == 0 && far_apart(x.term, columns)) {
            OF_KIND(fused_product)(to, x.term, from, y.term, 0, g, 0, terms, columns, 1, NULL, 0, 0);
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
            for (ptrdiff_t r = 0; r < part->rows && span->code & A_WANTED; r++)
                for (ptrdiff_t c = 0; c < part->columns; c++)
                    for (int t = 0; t < span->terms; t++)
                        w->adjoint[AT(span->a, r, c, t)] += g[r * part->columns + c];
            continue;
        }
        if (span->code & A_WANTED)
            OF_KIND(contribute)(w->adjoint, span->a, w->memory, span->b, g, part->rows, part->columns, span->terms);
        if (span->code & B_WANTED)
            OF_KIND(contribute)(w->adjoint, span->b, w->memory, span->a, g, part->rows, part->columns, span->terms);
    }
}
