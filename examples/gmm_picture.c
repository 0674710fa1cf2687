/* examples/gmm_picture.c - see gmm_picture.h. SPDX-License-Identifier: MIT */
#include "gmm_picture.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BINS = 20, WIDTH = 60 };

/* of the second column: bins of a round width */
typedef struct { char name[2][32]; double from, width, density[MOST_BINS + 2]; int bins; } histogram;

static double middle(const histogram *h, int bin) { return h->from + (bin + 0.5) * h->width; }

static double round_up(double v)
{
    double ten = pow(10.0, floor(log10(v)));
    return v <= ten ? ten : v <= 2.0 * ten ? 2.0 * ten : v <= 5.0 * ten ? 5.0 * ten : 10.0 * ten;
}

static histogram count(const table *data, const char *file)
{
    histogram h = { .bins = 0 };
    FILE *f = fopen(file, "r");
    if (!f || fscanf(f, "%31[^,],%31[^\r\n]", h.name[0], h.name[1]) != 2) memcpy(h.name, (char[2][32]){ "x", "y" }, sizeof h.name);
    if (f) fclose(f);
    const double *y = data->x + 1;
    double least = *y, most = *y;
    for (size_t i = 0; i < data->rows; i++) least = fmin(least, y[2 * i]), most = fmax(most, y[2 * i]);
    h.width = most > least ? round_up((most - least) / MOST_BINS) : 1.0;
    h.from = floor(least / h.width) * h.width;
    h.bins = (int)((most - h.from) / h.width) + 1;
    for (size_t i = 0; i < data->rows; i++) h.density[(int)((y[2 * i] - h.from) / h.width)] += 1.0 / ((double)data->rows * h.width);
    return h;
}

/* density of the second column */
static double density(const gmm_mixture *m, double y)
{
    double sum = 0.0;
    for (int j = 0; j < GMM_COMPONENTS; j++) {
        const gmm_component *c = &m->component[j];
        double z = y - c->mean[1], v = c->covariance[2];
        sum += c->weight * exp(-0.5 * z * z / v) / sqrt(2.0 * GMM_PI * v);
    }
    return sum;
}

/* ---- by gnuplot ---- */

/* density of a component at a point, and of its second column */
static void write_functions(FILE *f, const gmm_mixture *m)
{
    for (int j = 0; j < GMM_COMPONENTS; j++) {
        const gmm_component *c = &m->component[j];
        double a = c->covariance[0], b = c->covariance[1], d = c->covariance[2];
        fprintf(f, "u%d(x) = x - %.17g\nv%d(y) = y - %.17g\n", j, c->mean[0], j, c->mean[1]);
        fprintf(f, "f%d(x, y) = %.17g*exp(-(%.17g*u%d(x)**2 - 2*%.17g*u%d(x)*v%d(y) + %.17g*v%d(y)**2)/2)\n", j,
                c->weight / (2.0 * GMM_PI * sqrt(a * d - b * b)), d / (a * d - b * b), j, b / (a * d - b * b), j, j, a / (a * d - b * b), j);
        fprintf(f, "g%d(y) = %.17g*exp(-v%d(y)**2/%.17g)\n", j, c->weight / sqrt(2.0 * GMM_PI * d), j, 2.0 * d);
    }
}

static const char contours[] =
    "stats $points using 1 name 'X' nooutput\n"
    "stats $points using 2 name 'Y' nooutput\n"
    "set xrange [X_min - (X_max - X_min)/8 : X_max + (X_max - X_min)/8]\n"
    "set yrange [Y_min - (Y_max - Y_min)/8 : Y_max + (Y_max - Y_min)/8]\n"
    "set isosamples 150\nset contour base\nunset surface\nset cntrparam levels 8\n"
    "set table $contours\nsplot f0(x, y) + f1(x, y)\nunset table\n"
    "set multiplot layout 1,2\nset tics nomirror\nset border 3\nset key left top Left reverse\n"
    "plot $points with points pointtype 7 pointsize 0.4 linecolor '#4c72b0' title 'observations', "
    "$contours using 1:2 with lines linecolor '#c44e52' title 'density'\n";
static const char curves[] =
    "set yrange [0:*]\nset samples 400\nset style fill solid 0.5 noborder\n"
    "plot $histogram with boxes linecolor '#4c72b0' title 'observations', "
    "g0(x) with lines dashtype 2 linecolor '#dd8452' title 'components', g1(x) with lines dashtype 2 linecolor '#dd8452' notitle, "
    "g0(x) + g1(x) with lines linewidth 2 linecolor '#c44e52' title 'density'\nunset multiplot\n";

static void write_script(FILE *f, const gmm_mixture *m, const table *data, const histogram *h, const char *script)
{
    fprintf(f, "set terminal svg size 1100,480 background 'white' font 'sans,13'\nset output '%s.svg'\n$histogram << END\n", script);
    for (int i = 0; i < h->bins; i++) fprintf(f, "%.17g %.17g\n", middle(h, i), h->density[i]);
    fprintf(f, "END\n$points << END\n");
    for (size_t i = 0; i < data->rows; i++) fprintf(f, "%.17g %.17g\n", data->x[2 * i], data->x[2 * i + 1]);
    fprintf(f, "END\n");
    write_functions(f, m);
    fprintf(f, "set xlabel '%s'\nset ylabel '%s'\n%s", h->name[0], h->name[1], contours);
    fprintf(f, "set xlabel '%s'\nset ylabel 'density'\nset xrange [%g:%g]\nset boxwidth %g\n%s", h->name[1], h->from - h->width,
            h->from + (h->bins + 1) * h->width, 0.95 * h->width, curves);
}

/* ---- as text ---- */

static void print_histogram(const gmm_mixture *m, const histogram *h)
{
    double most = 0.0;
    for (int i = 0; i < h->bins; i++) most = fmax(most, fmax(h->density[i], density(m, middle(h, i))));
    printf("%s: # observed, * density of the fit\n", h->name[1]);
    for (int i = 0; i < h->bins; i++) {
        int bar = (int)lround(h->density[i] / most * WIDTH), curve = (int)lround(density(m, middle(h, i)) / most * WIDTH);
        printf("%8g |", middle(h, i));
        for (int k = 0; k < bar || k <= curve; k++) putchar(k == curve ? '*' : k < bar ? '#' : ' ');
        printf("\n");
    }
}

int gmm_draw(const gmm_mixture *m, const table *data, const char *file, const char *script)
{
    char command[1200];
    histogram h = count(data, file);
    FILE *f = fopen(script, "w");
    if (!f) return fprintf(stderr, "%s: cannot write the file\n", script), 1;
    write_script(f, m, data, &h, script);
    fclose(f);
    snprintf(command, sizeof command, "command -v gnuplot >/dev/null 2>&1 && gnuplot '%s'", script);
    if (system(command) == 0) return printf("picture: %s.svg\n", script), 0;
    print_histogram(m, &h);
    printf("%s is a picture for gnuplot, which is not installed (Debian: gnuplot-nox)\n", script);
    return 0;
}
