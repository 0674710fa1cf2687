/* examples/regressions.c - least squares and maximum likelihood on R's data sets, printed as R's
 * summary() prints them.
 *
 *     regressions [-d FOLDER] [NAME...]     all, or those named
 * SPDX-License-Identifier: MIT */
#include "regression_models.h"
#include "table.h"
#include <duet/fit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAD_INPUT = 2 };

static void print_intervals(const regression *q, const du_fit *fit)
{
    double lo[REGRESSION_MOST], hi[REGRESSION_MOST];
    if (du_fit_interval(fit, 0.95, lo, hi)) return;
    printf("95 %% confidence intervals:\n");
    for (size_t j = 0; j < q->p; j++) printf("%-14s%14.6g%14.6g\n", q->names[j], lo[j], hi[j]);
    printf("\n");
}

static int run(const regression *q, const char *folder)
{
    char path[1024], message[256];
    table t;
    du_fit fit;
    snprintf(path, sizeof path, "%s/%s.csv", folder, q->name);
    if (table_read(path, !q->likelihood, &t, message)) {
        fprintf(stderr, "%s\n", message);
        return BAD_INPUT;
    }
    du_data data = { .rows = t.rows, .cols = t.cols, .x = t.x, .y = t.y };
    int status = du_fit_model(q->model, &data, q->p, q->start, NULL, &fit);
    printf("== %s: %s\n\n", q->name, q->title);
    if (status) printf("%s\n", fit.message);
    else {
        du_fit_summary(&fit, q->names, stdout);
        print_intervals(q, &fit);
    }
    du_fit_free(&fit);
    table_free(&t);
    return status != 0;
}

int main(int argc, char **argv)
{
    const char *folder = "examples/data/regressions";
    int option, status = 0;
    while ((option = getopt(argc, argv, "d:")) != -1) {
        if (option != 'd') return BAD_INPUT;
        folder = optarg;
    }
    for (size_t i = 0; optind == argc && i < regression_count && status != BAD_INPUT; i++)
        status |= run(&regressions[i], folder);
    for (; optind < argc && status != BAD_INPUT; optind++) {
        size_t i = 0;
        while (i < regression_count && strcmp(argv[optind], regressions[i].name)) i++;
        if (i == regression_count) fprintf(stderr, "%s: no such regression\n", argv[optind]);
        status = i == regression_count ? BAD_INPUT : status | run(&regressions[i], folder);
    }
    return status;
}
