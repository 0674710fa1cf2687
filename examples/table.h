/* examples/table.h - reading data files: NIST's .dat and plain CSV. Every failure is a sentence
 * with file, line and what was expected. SPDX-License-Identifier: MIT */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

enum { NIST_MOST_PARAMETERS = 16 };

typedef struct {
    size_t rows, cols;
    double *y, *x;              /* [rows] or NULL, [rows*cols] row-major */
} table;

typedef struct {
    char name[32];
    size_t p;
    double start[2][NIST_MOST_PARAMETERS];
    double certified[NIST_MOST_PARAMETERS], deviation[NIST_MOST_PARAMETERS];
    double sum_of_squares;
    table data;
} nist_file;

/* 0 on success; else message says what is wrong and nothing has to be freed */
int nist_read(const char *path, nist_file *out, char message[static 256]);
void nist_free(nist_file *f);

/* A CSV: a header line of names, then rows of numbers. With a response, that is the last column. */
int table_read(const char *path, int with_response, table *out, char message[static 256]);
void table_free(table *t);

#endif
