/* examples/gmm_picture.c - see gmm_picture.h. SPDX-License-Identifier: MIT */
#include "gmm_picture.h"
#include "run_program.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BINS = 22, BINS_AIM = 20, WIDTH = 60, NAME = 32 };

/* of the second column: bins of a round width */
typedef struct {
    char name[2][NAME];
    double from, width, density[MOST_BINS];
    int bins;
} histogram;

static double middle(const histogram *h, int bin) { return h->from + (bin + 0.5) * h->width; }

static double round_up(double v)
{
    double ten = pow(10.0, floor(log10(v)));
    return v <= ten ? ten : v <= 2.0 * ten ? 2.0 * ten : v <= 5.0 * ten ? 5.0 * ten : 10.0 * ten;
}

/* The bin of a value. Where the numbers are so large that a bin is less than their rounding, it is
 * at least one that there is. */
static int bin_of(const histogram *h, double v)
{
    double bin = (v - h->from) / h->width;
    return bin >= MOST_BINS ? MOST_BINS - 1 : bin > 0.0 ? (int)bin : 0;
}

/* The names of the two columns, without control characters; x and y where there are none. */
static void read_names(histogram *h, const char *file)
{
    FILE *f = fopen(file, "r");
    int names = f ? fscanf(f, "%31[^,],%31[^\r\n]", h->name[0], h->name[1]) : 0;
    if (f) fclose(f);
    if (names != 2) memcpy(h->name, (char[2][NAME]){ "x", "y" }, sizeof h->name);
    for (int k = 0; k < 2; k++)
        for (unsigned char *c = (unsigned char *)h->name[k]; *c; c++)
            if (*c < ' ' || *c == 127) *c = ' ';
}

static histogram count(const table *data, const char *file)
{
    histogram h = { .bins = 0 };
    const double *y = data->x + 1;
    double least = *y, most = *y;
    read_names(&h, file);
    for (size_t i = 0; i < data->rows; i++) {
        least = fmin(least, y[2 * i]);
        most = fmax(most, y[2 * i]);
    }
    double width = round_up((most - least) / BINS_AIM);
    h.width = width > 0.0 && isfinite(width) ? width : 1.0;
    h.from = floor(least / h.width) * h.width;
    h.bins = bin_of(&h, most) + 1;
    for (size_t i = 0; i < data->rows; i++)
        h.density[bin_of(&h, y[2 * i])] += 1.0 / ((double)data->rows * h.width);
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

/* Density of a component at a point, and of its second column. */
static void write_functions(FILE *f, const gmm_mixture *m)
{
    for (int j = 0; j < GMM_COMPONENTS; j++) {
        const gmm_component *c = &m->component[j];
        double a = c->covariance[0], b = c->covariance[1], d = c->covariance[2];
        double det = a * d - b * b;
        fprintf(f, "u%d(x) = x - %.17g\nv%d(y) = y - %.17g\n", j, c->mean[0], j, c->mean[1]);
        fprintf(f, "f%d(x, y) = %.17g*exp(-(%.17g*u%d(x)**2", j,
                c->weight / (2.0 * GMM_PI * sqrt(det)), d / det, j);
        fprintf(f, " - 2*%.17g*u%d(x)*v%d(y) + %.17g*v%d(y)**2)/2)\n", b / det, j, j, a / det, j);
        fprintf(f, "g%d(y) = %.17g*exp(-v%d(y)**2/%.17g)\n", j,
                c->weight / sqrt(2.0 * GMM_PI * d), j, 2.0 * d);
    }
}

/* A name from the data in single quotes, where gnuplot looks for nothing but the closing one. */
static void write_label(FILE *f, const char *axis, const char *name)
{
    fprintf(f, "set %s '", axis);
    for (; *name; name++) fprintf(f, *name == '\'' ? "''" : "%c", *name);
    fprintf(f, "' noenhanced\n");
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
    "g0(x) with lines dashtype 2 linecolor '#dd8452' title 'components', "
    "g1(x) with lines dashtype 2 linecolor '#dd8452' notitle, "
    "g0(x) + g1(x) with lines linewidth 2 linecolor '#c44e52' title 'density'\nunset multiplot\n";

/* Of the arguments and the data nothing comes into the script but numbers and the two labels: where
 * the picture goes is for gnuplot's standard output to say. */
static void write_script(FILE *f, const gmm_mixture *m, const table *data, const histogram *h)
{
    fprintf(f, "# gnuplot <THIS_FILE >PICTURE.svg\n"
               "set terminal svg size 1100,480 background 'white' font 'sans,13'\n"
               "$histogram << END\n");
    for (int i = 0; i < h->bins; i++) fprintf(f, "%.17g %.17g\n", middle(h, i), h->density[i]);
    fprintf(f, "END\n$points << END\n");
    for (size_t i = 0; i < data->rows; i++)
        fprintf(f, "%.17g %.17g\n", data->x[2 * i], data->x[2 * i + 1]);
    fprintf(f, "END\n");
    write_functions(f, m);
    write_label(f, "xlabel", h->name[0]);
    write_label(f, "ylabel", h->name[1]);
    fprintf(f, "%s", contours);
    write_label(f, "xlabel", h->name[1]);
    fprintf(f, "set ylabel 'density'\nset xrange [%g:%g]\nset boxwidth %g\n%s", h->from - h->width,
            h->from + (h->bins + 1) * h->width, 0.95 * h->width, curves);
}

/* ---- as text ---- */

static int length_of(double share)
{
    return share > 0.0 && share <= 1.0 ? (int)lround(share * WIDTH) : 0;
}

static void print_histogram(const gmm_mixture *m, const histogram *h)
{
    double most = 0.0;
    for (int i = 0; i < h->bins; i++)
        most = fmax(most, fmax(h->density[i], density(m, middle(h, i))));
    printf("%s: # observed, * density of the fit\n", h->name[1]);
    for (int i = 0; i < h->bins; i++) {
        int bar = length_of(h->density[i] / most);
        int curve = length_of(density(m, middle(h, i)) / most);
        printf("%8g |", middle(h, i));
        for (int k = 0; k < bar || k <= curve; k++) putchar(k == curve ? '*' : k < bar ? '#' : ' ');
        printf("\n");
    }
}

int gmm_draw(const gmm_mixture *m, const table *data, const char *file, const char *script)
{
    char picture[1024];
    histogram h = count(data, file);
    FILE *f = fopen(script, "w");
    if (f) write_script(f, m, data, &h);
    if (!f || fclose(f)) return fprintf(stderr, "%s: cannot write the file\n", script), 1;
    int cut = snprintf(picture, sizeof picture, "%s.svg", script) >= (int)sizeof picture;
    int have = have_program("gnuplot", "--version");
    if (have && !cut && !run_program((const char *[]){ "gnuplot", NULL }, script, picture))
        return printf("picture: %s\n", picture), 0;
    print_histogram(m, &h);
    printf(have ? "%s is a picture that gnuplot does not draw\n"
                : "%s is a picture for gnuplot, which is not installed (Debian: gnuplot-nox)\n",
           script);
    return 0;
}
