/* exp of a row of numbers, several at a time, with the bits of the C library's exp. Included by lanes.h, for one kind of
   processor.

   With x = (n + j / 128) ln 2 + r, exp(x) is 2^n 2^(j/128) exp(r), and r is below 0.003. All but 2^n is computed as a sum
   of two numbers, with an error below 2^-66. The C library's own error is at most 0.511 units in the last place, as it
   says (glibc 2.28 and later, exp_data.c). So where the exact result is farther than RISK from the middle between two
   numbers, the library rounds it to the same one. Elsewhere, and where |x| is large, its exp is called: for 1 in 40. */

#define RISK 0x1p-58 /* 1/64 unit in the last place of a number from 1 to 2 */
#define ALL(number) ((vector)((vector){0} + (number)))

TARGET static void OF_KIND(exponentials)(double *restrict out, const double *in, ptrdiff_t count) {
    enum { ROUND = 256 };
    int unsure[ROUND];
    for (; count > 0; count -= ROUND, out += ROUND, in += ROUND) {
        const ptrdiff_t end = count < ROUND ? count : ROUND;
        ptrdiff_t k = 0, found = 0;
        for (; k + WIDTH <= end; k += WIDTH) {
            const vector x = *CV(in + k);
            const vector shifted = FUSED_PRODUCT(ALL(TO_WHOLE), x, ALL(PARTS_OF_LN_2)), parts = shifted - TO_WHOLE;
            const whole_numbers bits = (whole_numbers)shifted, j = bits & 127;
            /* x - parts · ln 2 / 128 as r + rest: the first difference is exact */
            const vector first = FUSED_PRODUCT(x, -parts, ALL(LN_2_HIGH)), second = parts * LN_2_LOW;
            const vector r = first - second;
            const vector rest = ((first - r) - second) - FUSED_PRODUCT(-second, parts, ALL(LN_2_LOW));
            /* exp(r) - 1 - r */
            vector q = FUSED_PRODUCT(ALL(1.0 / 120), r, ALL(1.0 / 720));
            q = FUSED_PRODUCT(ALL(1.0 / 24), r, q);
            q = FUSED_PRODUCT(ALL(1.0 / 6), r, q);
            q = FUSED_PRODUCT(ALL(1.0 / 2), r, q);
            q = FUSED_PRODUCT(FUSED_PRODUCT(rest, rest, r), r * r, q);
            /* times 2^(j/128) */
            const vector high = GATHER(POWER_HIGH, j), low = GATHER(POWER_LOW, j), product = high * r;
            const vector sum = high + product, lost = (high - sum) + product;
            const vector small = lost + (FUSED_PRODUCT(FUSED_PRODUCT(-product, high, r), high, q) + FUSED_PRODUCT(low, low, r));
            const vector up = sum + (small + RISK), down = sum + (small - RISK);
            *V(out + k) = (vector)((whole_numbers)up + ((bits & ~127LL) << 45));
            for (unsigned mask = UNEQUAL_OR_LARGE(up, down, x, 700.0); mask; mask &= mask - 1)
                unsure[found++] = (int)k + __builtin_ctz(mask);
        }
        for (; k < end; k++)
            unsure[found++] = (int)k;
        for (ptrdiff_t n = 0; n < found; n++)
            out[unsure[n]] = exp(in[unsure[n]]);
    }
}

/* Whether the C library is one of which that is true: some thousand numbers are tried. */
TARGET static int OF_KIND(exponentials_agree)(void) {
    double in[64], out[64];
    for (int n = 0; n < 32; n++) {
        for (int k = 0; k < 64; k++)
            in[k] = (k - 31.7) * (n < 16 ? 1.0 : 20.0) / (n % 16 + 1);
        OF_KIND(exponentials)(out, in, 64);
        for (int k = 0; k < 64; k++)
            if (out[k] != exp(in[k]))
                return 0;
    }
    return 1;
}

#undef RISK
#undef ALL
