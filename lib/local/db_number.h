/*
 * db_number: DynamoDB's numbers: decimal, up to 38 significant digits, magnitudes from 1E-130 to
 * 9.9..E+125, exact. Arithmetic is done on the digits; no binary floating point is involved.
 */
#ifndef UNUM_LOCAL_DB_NUMBER_H
#define UNUM_LOCAL_DB_NUMBER_H

#include "local/db_fault.h"

enum { DB_NUMBER_DIGITS = 38, DB_NUMBER_LARGEST = 125, DB_NUMBER_SMALLEST = -130 };
/* Longest plain form: sign, "0.", 129 zeros, 38 digits; and the NUL. */
enum { DB_NUMBER_TEXT = 1 + 2 - DB_NUMBER_SMALLEST + DB_NUMBER_DIGITS + 1 };

struct db_number {
    bool negative;
    unsigned len;                           /* digits used; 0: the number is zero */
    int exponent;                           /* of the first digit: d.ddd * 10^exponent */
    unsigned char digits[DB_NUMBER_DIGITS]; /* 0..9; the first and the last are not 0 */
};

/* Text of a number ("12", "-1.50", "3e-7") to its value. */
UNUM_CHECKED int db_number_parse(struct unum_str text, struct db_number *ret,
                                 struct db_fault *fault);
/* Plain form without exponent and needless zeros, as the service returns it. */
struct unum_str db_number_text(const struct db_number *number, struct unum_arena *arena);
int db_number_cmp(const struct db_number *a, const struct db_number *b);
/* The exact sum; refused if it needs more than 38 digits or leaves the range. */
UNUM_CHECKED int db_number_add(const struct db_number *a, const struct db_number *b,
                               struct db_number *ret, struct db_fault *fault);
UNUM_CHECKED int db_number_subtract(const struct db_number *a, const struct db_number *b,
                                    struct db_number *ret, struct db_fault *fault);
/* Bytes it counts for in an item: one per two digits and one more. */
size_t db_number_size(const struct db_number *number);

#endif
