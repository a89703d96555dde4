/* Sums of products whose operands lie in affine order: a matrix (or a part of one) times rows. For one kind of processor,
   included by lanes.h.

   All of it comes down to one product of matrices, which keeps a tile of results in registers, DOWN rows of ACROSS
   vectors, while it goes through the terms one after the other. So each number that is loaded is used several times. */

#define V(numbers) ((vector *)(numbers))
#define CV(numbers) ((const vector *)(numbers))

/* c[p][q] += a[p][0]·b[0][q] + a[p][1]·b[1][q] + …, for `height` rows p and `width` vectors of numbers q, of the last of
   which only `last` numbers are stored. The rows of c are c_row apart, and so on. With `anew` c is overwritten. */
HERE void OF_KIND(tile)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term, const double *b,
                        ptrdiff_t b_term, ptrdiff_t terms, const int height, const int width, ptrdiff_t last, int anew) {
    vector sum[DOWN][ACROSS];
    EACH (int p = 0; p < height; p++)
        EACH (int v = 0; v < width; v++)
            sum[p][v] = anew ? -(vector){0} : CV(c + p * c_row)[v];
    for (; terms > 0; terms--, a += a_term, b += b_term) {
        vector x[ACROSS];
        EACH (int v = 0; v < width; v++)
            x[v] = CV(b)[v];
        EACH (int p = 0; p < height; p++) {
            const double w = a[p * a_row];
            EACH (int v = 0; v < width; v++)
                sum[p][v] += w * x[v];
        }
    }
    EACH (int p = 0; p < height; p++) {
        EACH (int v = 0; v < width - 1; v++)
            V(c + p * c_row)[v] = sum[p][v];
        if (last == WIDTH)
            V(c + p * c_row)[width - 1] = sum[p][width - 1];
        else
            for (ptrdiff_t q = 0; q < last; q++)
                c[p * c_row + (width - 1) * WIDTH + q] = sum[p][width - 1][q];
    }
}

/* The same for `height` rows of any length. */
HERE void OF_KIND(strip)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term, const double *b,
                         ptrdiff_t b_term, ptrdiff_t columns, ptrdiff_t terms, const int height, int anew) {
    ptrdiff_t q = 0;
#if ACROSS == 4
    if (height <= 4)
        for (; columns - q >= 4 * WIDTH; q += 4 * WIDTH)
            OF_KIND(tile)(c + q, c_row, a, a_row, a_term, b + q, b_term, terms, height, 4, WIDTH, anew);
#endif
    for (; columns - q > WIDTH; q += 2 * WIDTH)
        OF_KIND(tile)(c + q, c_row, a, a_row, a_term, b + q, b_term, terms, height, 2,
                      columns - q >= 2 * WIDTH ? WIDTH : columns - q - WIDTH, anew);
    if (q < columns)
        OF_KIND(tile)(c + q, c_row, a, a_row, a_term, b + q, b_term, terms, height, 1, columns - q, anew);
}

/* The same for any number of rows, which must not overlap. */
TARGET static void OF_KIND(product)(double *c, ptrdiff_t c_row, const double *a, ptrdiff_t a_row, ptrdiff_t a_term,
                                    const double *b, ptrdiff_t b_term, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t terms,
                                    int anew) {
    ptrdiff_t p = 0;
#if DOWN == 8
    if (columns <= 2 * WIDTH)
        for (; p + 8 <= rows; p += 8)
            OF_KIND(strip)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, 8, anew);
#endif
    for (; p + 4 <= rows; p += 4)
        OF_KIND(strip)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, 4, anew);
    for (; p < rows; p++)
        OF_KIND(strip)(c + p * c_row, c_row, a + p * a_row, a_row, a_term, b, b_term, columns, terms, 1, anew);
}

/* to[k][n] = from[n][k] for n < rows and k < columns. */
HERE void OF_KIND(turned)(double *to, ptrdiff_t to_row, const double *from, ptrdiff_t from_row, ptrdiff_t from_column,
                          ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t k = 0; k < columns; k++)
        for (ptrdiff_t n = 0; n < rows; n++)
            to[k * to_row + n] = from[n * from_row + k * from_column];
}

/* to[lane][k] = the number of row k in that lane; the rows are `step` apart. */
HERE void OF_KIND(turned_lanes)(double *to, const double *from, ptrdiff_t step, ptrdiff_t rows) {
    for (ptrdiff_t k = 0; k < rows; k++)
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
                OF_KIND(product)(out, LANES, weights, span->a.column, span->a.term, rows + AT(span->b, r, 0, 0) * LANES,
                                 span->b.term * LANES, part->columns, LANES, span->terms, s == 0);
                continue;
            }
            for (ptrdiff_t c = 0; c < part->columns; c++)
                for (int t = 0; t < span->terms; t++) {
                    const double bias = weights[c * span->a.column + t * span->a.term];
                    EACH (int p = 0; p < PARTS; p++)
                        V(out + c * LANES)[p] = (s == 0 && t == 0 ? -(vector){0} : V(out + c * LANES)[p]) + bias;
                }
        }
    }
}

HERE void OF_KIND(layer_backward)(const Instruction *i, const Workspace *w, const Part *part) {
    const double *rows = w->memory + w->base - w->uniform * LANES;
    double *slopes = w->adjoint + w->base - w->uniform * LANES;
    for (ptrdiff_t r = 0; r < part->rows; r++) {
        const double *g = slopes + (i->start + part->first + r * part->columns) * LANES;
        for (int s = 0; s < part->count; s++) {
            const Span *span = &part->spans[s];
            const ptrdiff_t weights = AT(span->a, r, 0, 0), x = AT(span->b, r, 0, 0) * LANES, step = span->b.term * LANES;
            if (!(span->code & HAS_B)) {
                for (ptrdiff_t c = 0; c < part->columns && span->code & A_WANTED; c++) {
                    const double whole = OF_KIND(total)(CV(g + c * LANES));
                    for (int t = 0; t < span->terms; t++)
                        w->adjoint[weights + c * span->a.column + t * span->a.term] += whole;
                }
                continue;
            }
            if (span->code & A_WANTED && span->a.term == 1) {
                OF_KIND(turned_lanes)(w->scratch, rows + x, step, span->terms);
                OF_KIND(product)(w->adjoint + weights, span->a.column, g, LANES, 1, w->scratch, span->terms,
                                 part->columns, span->terms, LANES, 0);
            } else if (span->code & A_WANTED) {
                OF_KIND(turned_lanes)(w->scratch, g, LANES, part->columns);
                OF_KIND(product)(w->adjoint + weights, span->a.term, rows + x, step, 1, w->scratch, part->columns,
                                 span->terms, part->columns, LANES, 0);
            }
            if (span->code & B_WANTED)
                OF_KIND(product)(slopes + x, step, w->memory + weights, span->a.term, span->a.column, g, LANES,
                                 span->terms, LANES, part->columns, 0);
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
