/* tests/test_oracle.c - every function in every mode against the high-precision tables of
 * tests/data: values, first and second derivatives, rounded from 50 digits (tests/data/README.md).
 * The functions are those of rules.def. Compile with -ffp-contract=off and -DTEST_DATA="the folder
 * of the tables".
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <duet/duet.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUTS = 3, MAX_COLUMNS = 10 };

/* ---- the functions: an instance of each rule for every number type ---- */

#define DU_UNARY(name, ...) DU_FUNCTION(unary_##name, x[], y[], y[0] = du_##name(x[0]);)
#define DU_BINARY(name, ...) DU_FUNCTION(binary_##name, x[], y[], y[0] = du_##name(x[0], x[1]);)
#include <duet/detail/rules.def>
DU_FUNCTION(unary_pow, x[], y[], y[0] = du_pow(x[0], *(const double *)ctx);)
DU_FUNCTION(binary_mul, x[], y[], y[0] = du_mul(x[0], x[1]);)
DU_FUNCTION(binary_div, x[], y[], y[0] = du_div(x[0], x[1]);)
DU_FUNCTION(ternary_fma, x[], y[], y[0] = du_fma(x[0], x[1], x[2]);)

typedef struct { const char *name; size_t inputs; const du_function *f; } operation;

static const operation operations[] = {
#define DU_UNARY(name, ...) { #name, 1, &unary_##name },
#define DU_BINARY(name, ...) { #name, 2, &binary_##name },
#include <duet/detail/rules.def>
    { "pow", 1, &unary_pow },
    { "mul", 2, &binary_mul },
    { "div", 2, &binary_div },
    { "fma", 3, &ternary_fma },
};

static const du_function *find_function(const char *name, size_t inputs)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (operations[i].inputs == inputs && !strcmp(operations[i].name, name))
            return operations[i].f;
    return NULL;
}

/* ---- the tables ---- */

typedef struct {
    const char *file;
    size_t inputs, rows;
    const char *column[MAX_COLUMNS];
    const char *const *more; /* lines that the file lacks, up to a NULL */
} table;

/* from mpmath, 80 digits */
static const char *const more_unary[] = {
    "exp10,,-307.5,more,nnn,3.162277660168379e-308,7.281413400211801e-308,1.676607395125478e-307",
    "exp10,,-0.5,more,nnn,0.31622776601683794,0.7281413400211801,1.676607395125478",
    "exp10,,0.75,more,nnn,5.623413251903491,12.948387525578148,29.8147640947063",
    "exp10,,308.2,more,noo,1.584893192461072e+308,inf,inf",
    "exp2,,-1022.0000000000003,more,sss,"
    "2.2250738585066757e-308,1.542303671561541e-308,1.069043441510134e-308",
    "exp2,,-510.00000000000006,more,nnn,"
    "2.983336292479965e-154,2.067891139794648e-154,1.4333529132535522e-154",
    "sinpi,,-1.7,more,nnn,0.8090169943749475,1.8465818304904564,-7.984677688239067",
    "sinpi,,0.1,more,nnn,0.30901699437494745,2.987832164741556,-3.0498754876943868",
    "sinpi,,0.3,more,nnn,0.8090169943749475,1.8465818304904569,-7.984677688239066",
    "sinpi,,1048576.625,more,nnn,0.9238795325112867,-1.2022354597686926,-9.118325500149774",
    "cospi,,-1.7,more,nnn,0.587785252292473,-2.54160184615763,-5.80120791292121",
    "cospi,,0.1,more,nnn,0.9510565162951535,-0.9708055193627333,-9.38655157891136",
    "cospi,,0.3,more,nnn,0.5877852522924731,-2.5416018461576297,-5.801207912921212",
    "cospi,,1048576.625,more,nnn,-0.3826834323650898,-2.9024531521394312,3.776934088294472",
    "trigamma,,-3.3,more,nnn,14.817739525515929,68.76944547748523,768.9856582554286",
    "trigamma,,-0.5,more,nnn,8.934802200544679,-0.82879664423432,193.40909103400244",
    "trigamma,,0.1,more,nnn,101.43329915079275,-2001.8614573783436,60004.51287679026",
    "trigamma,,1.5,more,nnn,0.9348022005446793,-0.82879664423432,1.4090910340024372",
    "trigamma,,30.0,more,nnn,0.033895060357739946,-0.0011487652037286,7.78600366473613e-05",
    NULL
};
static const char *const more_binary[] = {
    ("hypot,3e-43,1e-213,more,nnnnnn,"
     "3e-43,1.0,3.333333333333333e-171,3.703703703703703e-299,-1.1111111111111111e-128,"
     "3.3333333333333334e+42"),
    ("hypot,1e-91,-4e-256,more,nnnnnn,1e-91,1.0,-4e-165,1.5999999999999998e-238,4e-74,"
     "9.999999999999999e+90"),
    NULL
};

static const table unary = { "unary.csv", 1, 3461, { "f", "f'", "f''" }, more_unary };
static const table binary = { "binary.csv", 2, 540, { "f", "fa", "fb", "faa", "fab", "fbb" },
    more_binary };
static const table ternary = { "ternary.csv", 3, 100,
    { "f", "fa", "fb", "fc", "faa", "fab", "fac", "fbb", "fbc", "fcc" },
        (const char *const[]){ NULL } };

/* a line of a table: arguments x, exact results d with a flag for each */
typedef struct {
    const table *from;
    const du_function *f;
    char line[1024], *func, *tag, *flags;
    double c, x[MAX_INPUTS], d[MAX_COLUMNS];
} row;

static size_t column_count(size_t n) { return 1 + n + n * (n + 1) / 2; }

/* the column of the second derivative in inputs i and j */
static size_t second_column(size_t n, size_t i, size_t j)
{
    size_t low = i < j ? i : j, high = i < j ? j : i;
    return 1 + n + low * n - low * (low + 1) / 2 + high;
}

static double parse_number(char *field)
{
    char *end;
    cr_assert_not_null(field, "a field is missing");
    double v = strtod(field, &end);
    cr_assert(end != field && (*end == 0 || *end == '\n'), "not a number: %s", field);
    return v;
}

static void parse_row(const table *t, row *r)
{
    char *at = r->line;
    r->from = t;
    r->func = strsep(&at, ",");
    char *exponent = t->inputs == 1 ? strsep(&at, ",") : "";
    r->c = *exponent ? parse_number(exponent) : 0.0;
    for (size_t i = 0; i < t->inputs; i++) r->x[i] = parse_number(strsep(&at, ","));
    r->tag = strsep(&at, ",");
    r->flags = strsep(&at, ",");
    for (size_t k = 0; k < column_count(t->inputs); k++) r->d[k] = parse_number(strsep(&at, ","));
    cr_assert_null(at, "%s: too many fields", t->file);
    cr_assert_geq(strlen(r->flags), column_count(t->inputs));
    r->f = find_function(r->func, t->inputs);
    cr_assert_not_null(r->f, "no function %s of %zu arguments", r->func, t->inputs);
}

/* calls check for every row of the table; its file has to have all of them */
static void for_each_row(const table *t, void (*check)(const row *))
{
    char path[4096];
    row r;
    size_t rows = 0;
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, t->file);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s cannot be read", path);
    cr_assert_not_null(fgets(r.line, sizeof r.line, file), "%s is empty", path);
    for (; fgets(r.line, sizeof r.line, file); rows++) {
        parse_row(t, &r);
        check(&r);
    }
    fclose(file);
    cr_assert_eq(rows, t->rows, "%s: %zu rows, not %zu", path, rows, t->rows);
    for (const char *const *line = t->more; *line; line++) {
        snprintf(r.line, sizeof r.line, "%s", *line);
        parse_row(t, &r);
        check(&r);
    }
}

/* ---- the criterion ---- */

static const double tolerance = 1e-14;

static int acceptable(char flag, double got, double want)
{
    double error = fabs(got - want);
    switch (flag) {
    case 'n': return error <= tolerance * fabs(want);
    case 's': return error <= 2.0 * DBL_TRUE_MIN || error <= tolerance * fabs(want);
    case 'z': return got == 0.0;
    case 'u': return fabs(got) <= DBL_MIN;
    case 'o': return isinf(want) && got == want;
    default: return flag == 'x';
    }
}

static void print_failure(const row *r, const char *mode, const char *column, double got,
                          double want)
{
    char point[200];
    int used = 0;
    for (size_t i = 0; i < r->from->inputs; i++)
        used += snprintf(point + used, sizeof point - (size_t)used, "%s%.17g", i ? ", " : "",
            r->x[i]);
    if (!strcmp(r->func, "pow") && r->from->inputs == 1)
        snprintf(point + used, sizeof point - (size_t)used, ", constant %.17g", r->c);
    cr_expect(0, "%s(%s) [%s] %s %s: got %.17g, expected %.17g, relative error %.2g",
              r->func, point, r->tag, mode, column, got, want, fabs(got - want) / fabs(want));
}

/* got against column k of the row */
static void expect_column(const row *r, const char *mode, size_t k, double got)
{
    if (acceptable(r->flags[k], got, r->d[k])) return;
    print_failure(r, mode, r->from->column[k], got, r->d[k]);
}

/* ---- the modes ---- */

static void check_plain(const row *r)
{
    double y;
    r->f->f_double(r->x, r->from->inputs, &y, 1, &r->c);
    expect_column(r, "double", 0, y);
}

static void check_dual(const row *r)
{
    size_t n = r->from->inputs;
    for (size_t i = 0; i < n; i++) {
        du_dual x[MAX_INPUTS], y;
        for (size_t j = 0; j < n; j++) x[j] = (du_dual){ r->x[j], i == j };
        r->f->f_dual(x, n, &y, 1, &r->c);
        expect_column(r, "dual", 0, y.v);
        expect_column(r, "dual", 1 + i, y.d);
    }
}

static void check_dual8(const row *r)
{
    size_t n = r->from->inputs;
    du_dual8 x[MAX_INPUTS] = { { 0 } }, y;
    for (size_t i = 0; i < n; i++) x[i] = du_dual8_independent(r->x[i], 7 - i);
    r->f->f_dual8(x, n, &y, 1, &r->c);
    expect_column(r, "dual8", 0, du_dual8_value(y));
    for (size_t i = 0; i < n; i++) expect_column(r, "dual8", 1 + i, du_dual8_partial(y, 7 - i));
}

/* direction 1 in inputs i and j */
static du_jet run_jet(const row *r, size_t i, size_t j)
{
    du_jet x[MAX_INPUTS], y;
    for (size_t k = 0; k < r->from->inputs; k++) x[k] = (du_jet){ r->x[k], k == i || k == j, 0.0 };
    r->f->f_jet(x, r->from->inputs, &y, 1, &r->c);
    return y;
}

static int is_tame(const row *r, size_t k) { return r->flags[k] == 'n' || r->flags[k] == 'z'; }

/* in direction (1, 1) the second derivative is f_ii + 2 f_ij + f_jj, where all three are in range
 */
static void check_jet_mixed(const row *r, size_t i, size_t j)
{
    size_t n = r->from->inputs;
    size_t ii = second_column(n, i, i), ij = second_column(n, i, j), jj = second_column(n, j, j);
    if (!is_tame(r, ii) || !is_tame(r, ij) || !is_tame(r, jj)) return;
    double got = run_jet(r, i, j).dd, want = r->d[ii] + 2.0 * r->d[ij] + r->d[jj];
    double size = fabs(r->d[ii]) + 2.0 * fabs(r->d[ij]) + fabs(r->d[jj]);
    if (!(size <= DBL_MAX) || fabs(got - want) <= tolerance * size) return;
    print_failure(r, "jet, both directions:", r->from->column[ij], got, want);
}

static void check_jet(const row *r)
{
    size_t n = r->from->inputs;
    for (size_t i = 0; i < n; i++) {
        du_jet y = run_jet(r, i, i);
        expect_column(r, "jet", 0, y.v);
        expect_column(r, "jet", 1 + i, y.d);
        expect_column(r, "jet", second_column(n, i, i), y.dd);
        for (size_t j = 0; j < i; j++) check_jet_mixed(r, j, i);
    }
}

/* direction a in input i, b in input j: ab is f_ij itself */
static void check_hyper_pair(const row *r, size_t i, size_t j)
{
    size_t n = r->from->inputs;
    du_hyper x[MAX_INPUTS], y;
    for (size_t k = 0; k < n; k++) x[k] = (du_hyper){ r->x[k], k == i, k == j, 0.0 };
    r->f->f_hyper(x, n, &y, 1, &r->c);
    expect_column(r, "hyper", 0, y.v);
    expect_column(r, "hyper, direction a", 1 + i, y.a);
    expect_column(r, "hyper, direction b", 1 + j, y.b);
    expect_column(r, "hyper", second_column(n, i, j), y.ab);
}

static void check_hyper(const row *r)
{
    size_t n = r->from->inputs;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) check_hyper_pair(r, i, j);
}

static du_tape *fresh_tape(void)
{
    static du_tape *t;
    if (!t) t = du_tape_new(NULL);
    cr_assert_not_null(t);
    du_tape_reset(t);
    return t;
}

static double var_gradient(const row *r, double g[])
{
    size_t n = r->from->inputs;
    du_tape *t = fresh_tape();
    du_var x[MAX_INPUTS], y;
    cr_assert_eq(du_tape_independents(t, n, r->x, x), DU_OK);
    r->f->f_var(x, n, &y, 1, &r->c);
    cr_assert_eq(du_tape_sweep(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient(t, n, x, g), DU_OK);
    return du_var_value(y);
}

static void check_var(const row *r)
{
    double g[MAX_INPUTS];
    expect_column(r, "var", 0, var_gradient(r, g));
    for (size_t i = 0; i < r->from->inputs; i++) expect_column(r, "var", 1 + i, g[i]);
}

/* tangent 1 in input i: gradient, and row i of the Hessian */
static void check_var2_row(const row *r, size_t i)
{
    size_t n = r->from->inputs;
    du_tape *t = fresh_tape();
    double g[MAX_INPUTS], gd[MAX_INPUTS], direction[MAX_INPUTS] = { 0.0 };
    du_var2 x[MAX_INPUTS], y;
    direction[i] = 1.0;
    cr_assert_eq(du_tape_independents2(t, n, r->x, direction, x), DU_OK);
    r->f->f_var2(x, n, &y, 1, &r->c);
    cr_assert_eq(du_tape_sweep2(t, 1, &y, NULL), DU_OK);
    cr_assert_eq(du_tape_gradient2(t, n, x, g, gd), DU_OK);
    expect_column(r, "var2", 0, du_var2_value(y));
    expect_column(r, "var2 tangent", 1 + i, y.vd);
    for (size_t j = 0; j < n; j++) expect_column(r, "var2", 1 + j, g[j]);
    for (size_t j = 0; j < n; j++) expect_column(r, "var2", second_column(n, i, j), gd[j]);
}

static void check_var2(const row *r)
{
    for (size_t i = 0; i < r->from->inputs; i++) check_var2_row(r, i);
}

#define TEST_ALL_MODES(name) \
    Test(name, plain) { for_each_row(&name, check_plain); } \
    Test(name, dual) { for_each_row(&name, check_dual); } \
    Test(name, dual8) { for_each_row(&name, check_dual8); } \
    Test(name, jet) { for_each_row(&name, check_jet); } \
    Test(name, hyper) { for_each_row(&name, check_hyper); } \
    Test(name, var) { for_each_row(&name, check_var); } \
    Test(name, var2) { for_each_row(&name, check_var2); }

TEST_ALL_MODES(unary)
TEST_ALL_MODES(binary)
TEST_ALL_MODES(ternary)

/* ---- forward and reverse mode evaluate the same expressions; a gradient is a sum that starts from
 * 0, so that -0 becomes 0 ---- */

static void check_same_bits(const row *r)
{
    double g;
    du_dual x = { r->x[0], 1.0 }, y;
    r->f->f_dual(&x, 1, &y, 1, &r->c);
    double v = var_gradient(r, &g);
    y.d += 0.0;
    if (memcmp(&v, &y.v, sizeof v)) print_failure(r, "var against dual", "f", v, y.v);
    if (memcmp(&g, &y.d, sizeof g)) print_failure(r, "var against dual", "f'", g, y.d);
}

Test(unary, forward_and_reverse_agree_to_the_bit) { for_each_row(&unary, check_same_bits); }
