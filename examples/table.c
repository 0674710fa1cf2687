/* examples/table.c - a line reader and two formats on it. SPDX-License-Identifier: MIT */
#include "table.h"
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096, MOST_COLUMNS = 256 };

typedef struct {
    const char *path;
    FILE *file;
    size_t line;
    char text[LINE];
    char *message;
} reader;

static int wrong(const reader *r, const char *format, ...)
{
    va_list list;
    int used = snprintf(r->message, 256, "%s:%zu: ", r->path, r->line);
    va_start(list, format);
    if (used >= 0 && used < 256) vsnprintf(r->message + used, 256 - (size_t)used, format, list);
    va_end(list);
    return -1;
}

static int open_file(reader *r, const char *path, char *message)
{
    *r = (reader){ .path = path, .message = message };
    r->file = fopen(path, "r");
    return r->file ? 0 : wrong(r, "cannot open the file");
}

/* 1 with a line in r->text, 0 at the end, -1 for a line too long */
static int next_line(reader *r)
{
    if (!fgets(r->text, LINE, r->file)) return 0;
    r->line++;
    size_t length = strlen(r->text);
    if (length == LINE - 1 && r->text[length - 1] != '\n')
        return wrong(r, "expected a line of less than %d characters", LINE);
    return 1;
}

static int blank(const char *s)
{
    while (isspace((unsigned char)*s)) s++;
    return *s == '\0';
}

/* Exactly count finite numbers in text, separated by white space (and one `separator` if given). */
static int numbers(const reader *r, const char *text, char separator, size_t count, double *to)
{
    for (size_t k = 0; k < count; k++) {
        char *end;
        if (k && separator) {
            while (*text == ' ' || *text == '\t') text++;
            if (*text != separator) return wrong(r, "expected %zu numbers, found %zu", count, k);
            text++;
        }
        to[k] = strtod(text, &end);
        if (end == text) return wrong(r, "expected %zu numbers, found %zu", count, k);
        text = end;
    }
    if (!blank(text)) return wrong(r, "expected %zu numbers, found more: \"%.20s\"", count, text);
    return 0;
}

static int check_finite(const reader *r, const double *v, size_t count, size_t row)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(v[k])) return wrong(r, "data row %zu is not finite", row);
    return 0;
}

/* Adds a row of v: predictors x[cols], and a response where there is one (NULL if not). */
static int add_row(const reader *r, table *t, const double *predictors, const double *response)
{
    size_t n = t->rows + 1;
    double *x = realloc(t->x, n * t->cols * sizeof *x), *y = NULL;
    if (x) t->x = x;
    if (response && (y = realloc(t->y, n * sizeof *y))) t->y = y;
    if (!x || (response && !y)) return wrong(r, "out of memory");
    memcpy(t->x + t->rows * t->cols, predictors, t->cols * sizeof *x);
    if (response) t->y[t->rows] = *response;
    t->rows = n;
    return check_finite(r, predictors, t->cols, n) || (response && check_finite(r, response, 1, n))
               ? -1
               : 0;
}

/* ---- NIST .dat ---- */

static int parameter_line(const reader *r, nist_file *f)
{
    unsigned index;
    int at = 0;
    double v[4];
    if (sscanf(r->text, " b%u =%n", &index, &at) != 1 || at == 0) return 0;
    if (index != f->p + 1 || f->p == NIST_MOST_PARAMETERS)
        return wrong(r, "expected parameter b%zu", f->p + 1);
    if (numbers(r, r->text + at, 0, 4, v)) return -1;
    f->start[0][f->p] = v[0];
    f->start[1][f->p] = v[1];
    f->certified[f->p] = v[2];
    f->deviation[f->p++] = v[3];
    return 0;
}

/* names after "Data:", e.g. "y x1 x2": predictors are all but the first */
static size_t predictors(const char *names)
{
    size_t words = 0;
    for (int inside = 0; *names; names++) {
        int letter = !isspace((unsigned char)*names);
        words += (size_t)(letter && !inside);
        inside = letter;
    }
    return words ? words - 1 : 0;
}

static int header(reader *r, nist_file *f, size_t *observations)
{
    int got, data_lines = 0;
    double v;
    while ((got = next_line(r)) > 0) {
        unsigned long count;
        sscanf(r->text, "Dataset Name: %31s", f->name);
        if (sscanf(r->text, "Residual Sum of Squares: %lf", &v) == 1) f->sum_of_squares = v;
        if (sscanf(r->text, "Number of Observations: %lu", &count) == 1) *observations = count;
        if (parameter_line(r, f)) return -1;
        if (!strncmp(r->text, "Data:", 5) && ++data_lines == 2) {
            f->data.cols = predictors(r->text + 5);
            return 0;
        }
    }
    return got < 0 ? -1 : wrong(r, "expected a line \"Data:\" with the names of the columns");
}

static int body(reader *r, nist_file *f, size_t observations)
{
    double v[MOST_COLUMNS];
    int got;
    if (!f->name[0]) return wrong(r, "expected a line \"Dataset Name:\" before the data");
    if (!f->p)
        return wrong(r, "expected lines \"b1 = start start certified deviation\" before the data");
    if (!observations)
        return wrong(r, "expected a line \"Number of Observations:\" before the data");
    if (!f->data.cols || f->data.cols >= MOST_COLUMNS)
        return wrong(r, "expected a response and predictors after \"Data:\"");
    while ((got = next_line(r)) > 0) {
        if (blank(r->text)) continue;
        if (numbers(r, r->text, 0, f->data.cols + 1, v) || add_row(r, &f->data, v + 1, v))
            return -1;
    }
    if (got < 0) return -1;
    return f->data.rows == observations
               ? 0
               : wrong(r, "expected %zu observations, found %zu", observations, f->data.rows);
}

int nist_read(const char *path, nist_file *out, char message[static 256])
{
    reader r;
    nist_file f = { .p = 0 };
    size_t observations = 0;
    if (open_file(&r, path, message)) return -1;
    int bad = header(&r, &f, &observations) || body(&r, &f, observations);
    fclose(r.file);
    if (bad) table_free(&f.data);
    else *out = f;
    return bad ? -1 : 0;
}

void nist_free(nist_file *f) { table_free(&f->data); }

/* ---- CSV ---- */

static int csv_rows(reader *r, table *t, int with_response)
{
    double v[MOST_COLUMNS];
    int got = next_line(r);
    if (got < 0) return -1;
    if (got == 0 || blank(r->text)) return wrong(r, "expected a header line of column names");
    size_t columns = 1;
    for (const char *c = r->text; *c; c++) columns += *c == ',';
    t->cols = with_response ? columns - 1 : columns;
    if (t->cols == 0 || columns >= MOST_COLUMNS)
        return wrong(r, "expected at least two columns, separated by commas");
    while ((got = next_line(r)) > 0) {
        if (blank(r->text)) continue;
        if (numbers(r, r->text, ',', columns, v)
            || add_row(r, t, v, with_response ? v + t->cols : NULL))
            return -1;
    }
    if (got < 0) return -1;
    return t->rows ? 0 : wrong(r, "expected at least one row of numbers");
}

int table_read(const char *path, int with_response, table *out, char message[static 256])
{
    reader r;
    table t = { .rows = 0 };
    if (open_file(&r, path, message)) return -1;
    int bad = csv_rows(&r, &t, with_response);
    fclose(r.file);
    if (bad) table_free(&t);
    else *out = t;
    return bad ? -1 : 0;
}

void table_free(table *t)
{
    free(t->y);
    free(t->x);
    *t = (table){ .rows = 0 };
}
