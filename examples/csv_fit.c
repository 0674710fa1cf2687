/* examples/csv_fit.c - fits the model in csv_model.c to a CSV file.
 *
 *     csv_fit FILE START1 START2 ...
 *
 * FILE has a header line and rows of numbers, the response in the last column; one start value for
 * each parameter. SPDX-License-Identifier: MIT */
#include "table.h"
#include <duet/fit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BAD_INPUT = 2 };

DU_DECLARE_MODEL(csv_model);

static void progress(size_t iteration, double s, const double b[], void *user)
{
    (void)b;
    (void)user;
    fprintf(stderr, "\riteration %zu, sum of squares %.6g  ", iteration, s);
}

static int fit_and_print(const table *t, const double *start, size_t p)
{
    du_data data = { .rows = t->rows, .cols = t->cols, .x = t->x, .y = t->y };
    du_fit_options options = { .progress = isatty(STDERR_FILENO) ? progress : NULL };
    du_fit fit;
    int status = du_fit_model(&csv_model, &data, p, start, &options, &fit);
    if (options.progress) fprintf(stderr, "\n");
    if (status) {
        fprintf(stderr, "csv_fit: %s\n", fit.message);
        return 1;
    }
    du_fit_summary(&fit, NULL, stdout);
    du_fit_free(&fit);
    return 0;
}

int main(int argc, char **argv)
{
    char message[256];
    table t;
    if (argc < 3) {
        fprintf(stderr, "usage: csv_fit FILE START1 START2 ...\n");
        return BAD_INPUT;
    }
    size_t p = (size_t)argc - 2;
    double *start = calloc(p, sizeof *start);
    for (size_t j = 0; start && j < p; j++) {
        char *end;
        start[j] = strtod(argv[j + 2], &end);
        if (end != argv[j + 2] && *end == '\0') continue;
        fprintf(stderr, "csv_fit: start %zu: expected a number, found \"%s\"\n", j + 1,
                argv[j + 2]);
        free(start);
        return BAD_INPUT;
    }
    if (!start || table_read(argv[1], 1, &t, message)) {
        fprintf(stderr, "%s\n", start ? message : "csv_fit: out of memory");
        free(start);
        return BAD_INPUT;
    }
    int status = fit_and_print(&t, start, p);
    table_free(&t);
    free(start);
    return status;
}
