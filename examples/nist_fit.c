/* examples/nist_fit.c - the 27 NIST nonlinear regression problems from both starts.
 *
 *     nist_fit [-p] [-d FOLDER] [NAME...]     all problems, or those named
 *         -p   print parameters with standard errors
 *         -d   the folder of the .dat files
 *
 * LRE is -log10 of the worst relative error of a parameter against the certified values, at most
 * 11, the digits they carry. The fit never sees them. SPDX-License-Identifier: MIT */
#include "nist_models.h"
#include "table.h"
#include <duet/fit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAD_INPUT = 2 };

typedef struct { size_t runs, solved; double total, worst; } score;

static double lre(const nist_file *f, const double *b)
{
    double worst = 0.0;
    for (size_t j = 0; j < f->p; j++)
        worst = fmax(worst, fabs(b[j] - f->certified[j]) / fabs(f->certified[j]));
    return worst > 0.0 ? fmax(0.0, fmin(11.0, -log10(worst))) : 11.0;
}

static void print_parameters(const nist_file *f, const du_fit *fit)
{
    for (size_t j = 0; j < f->p; j++)
        printf("    b%zu = %18.10e +- %.10e   certified %18.10e +- %.10e\n", j + 1, fit->b[j],
               fit->se[j], f->certified[j], f->deviation[j]);
}

static void run_start(const nist_problem *q, const nist_file *f, int start, int parameters,
                      score *sum)
{
    du_data data = { .rows = f->data.rows, .cols = f->data.cols, .x = f->data.x, .y = f->data.y };
    du_fit fit;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of 54: %-10s start %d ", sum->runs + 1, q->name, start + 1);
    int status = du_fit_model(q->model, &data, f->p, f->start[start], NULL, &fit);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%40s\r", "");
    double digits = status ? 0.0 : lre(f, fit.b);
    sum->runs++;
    sum->solved += digits >= 4.0;
    sum->total += digits;
    sum->worst = fmin(sum->worst, digits);
    if (status) printf("%-10s %-8s %5d  %s\n", q->name, q->level, start + 1, fit.message);
    else
        printf("%-10s %-8s %5d %6.2f %6zu %6zu %6zu %6zu  %.10e\n", q->name, q->level, start + 1,
               digits, fit.iterations, fit.newton, fit.f_evaluations, fit.jacobian_evaluations,
               fit.s);
    if (parameters && !status) print_parameters(f, &fit);
    du_fit_free(&fit);
}

static int run_problem(const nist_problem *q, const char *folder, int parameters, score *sum)
{
    char path[1024], message[256];
    nist_file f;
    snprintf(path, sizeof path, "%s/%s.dat", folder, q->name);
    if (nist_read(path, &f, message)) {
        fprintf(stderr, "%s\n", message);
        return BAD_INPUT;
    }
    for (size_t i = 0; q->log_response && i < f.data.rows; i++) f.data.y[i] = log(f.data.y[i]);
    for (int start = 0; start < 2; start++) run_start(q, &f, start, parameters, sum);
    nist_free(&f);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: nist_fit [-p] [-d FOLDER] [NAME...]\n");
    return BAD_INPUT;
}

int main(int argc, char **argv)
{
    const char *folder = "examples/data/nist";
    int option, parameters = 0;
    while ((option = getopt(argc, argv, "pd:")) != -1) {
        if (option == 'p') parameters = 1;
        else if (option == 'd') folder = optarg;
        else return usage();
    }
    score sum = { .worst = 11.0 };
    int status = 0;
    printf("%-10s %-8s %5s %6s %6s %6s %6s %6s  %s\n", "problem", "level", "start", "LRE", "iter",
           "newton", "f", "J", "sum of squares");
    for (size_t i = 0; optind == argc && i < nist_problem_count && !status; i++)
        status = run_problem(&nist_problems[i], folder, parameters, &sum);
    for (; optind < argc && !status; optind++) {
        const nist_problem *q = nist_find(argv[optind]);
        if (!q) fprintf(stderr, "%s: no such problem\n", argv[optind]);
        status = q ? run_problem(q, folder, parameters, &sum) : BAD_INPUT;
    }
    if (status) return status;
    printf("nist: %zu/%zu solved, average LRE %.2f, worst %.2f\n", sum.solved, sum.runs,
           sum.total / (double)sum.runs, sum.worst);
    return sum.solved == sum.runs ? 0 : 1;
}
