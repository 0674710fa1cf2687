/* tests/mgh_problems.c - More, Garbow and Hillstrom's test problems as residual functions. J. J.
 * More, B. S. Garbow, K. E. Hillstrom, ACM TOMS 7 (1981) 17-41. SPDX-License-Identifier: MIT */
#include "mgh_problems.h"
#include <math.h>

#define TWO_PI 6.28318530717958647693

DU_FUNCTION(rosenbrock, x[2], y[2],
    y[0] = du_mul(10.0, du_sub(x[1], du_sqr(x[0])));
    y[1] = du_sub(1.0, x[0]);
)
DU_FUNCTION(powell_badly_scaled, x[2], y[2],
    y[0] = du_sub(du_mul(1e4, du_mul(x[0], x[1])), 1.0);
    y[1] = du_sub(du_add(du_exp(du_neg(x[0])), du_exp(du_neg(x[1]))), 1.0001);
)
DU_FUNCTION(brown_badly_scaled, x[2], y[3],
    y[0] = du_sub(x[0], 1e6);
    y[1] = du_sub(x[1], 2e-6);
    y[2] = du_sub(du_mul(x[0], x[1]), 2.0);
)
static const double beale_y[] = { 1.5, 2.25, 2.625 };
DU_FUNCTION(beale, x[2], y[3],
    for (int i = 0; i < 3; i++)
        y[i] = du_sub(beale_y[i], du_mul(x[0], du_sub(1.0, du_powi(x[1], i + 1))));
)
DU_FUNCTION(helical_valley, x[3], y[3],
    T theta = du_div(du_atan2(x[1], x[0]), TWO_PI);
    y[0] = du_mul(10.0, du_sub(x[2], du_mul(10.0, theta)));
    y[1] = du_mul(10.0, du_sub(du_hypot(x[0], x[1]), 1.0));
    y[2] = x[2];
)
static const double bard_y[] = { 0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73,
    0.96, 1.34, 2.10, 4.39 };
DU_FUNCTION(bard, x[3], y[15],
    for (int i = 0; i < 15; i++) {
        double u = i + 1; double v = 15 - i; double w = fmin(u, v);
        y[i] = du_sub(bard_y[i], du_add(x[0], du_div(u, du_add(du_mul(v, x[1]), du_mul(w, x[2])))));
    }
)
static const double gaussian_y[] = { 0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521,
    0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009 };
DU_FUNCTION(gaussian, x[3], y[15],
    for (int i = 0; i < 15; i++)
        y[i] = du_sub(du_mul(x[0],
            du_exp(du_mul(-0.5, du_mul(x[1], du_sqr(du_sub((7.0 - i) / 2.0, x[2])))))),
            gaussian_y[i]);
)
static const double meyer_y[] = { 34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261,
    7030, 6005, 5147, 4427, 3820, 3307, 2872 };
DU_FUNCTION(meyer, x[3], y[16],
    for (int i = 0; i < 16; i++)
        y[i] = du_sub(du_mul(x[0], du_exp(du_div(x[1], du_add(50.0 + 5.0 * i, x[2])))), meyer_y[i]);
)
DU_FUNCTION(box_3d, x[3], y[10],
    for (int i = 0; i < 10; i++) {
        double t = (i + 1) / 10.0;
        y[i] = du_sub(du_sub(du_exp(du_mul(-t, x[0])), du_exp(du_mul(-t, x[1]))),
            du_mul(x[2], exp(-t) - exp(-10.0 * t)));
    }
)
DU_FUNCTION(powell_singular, x[4], y[4],
    y[0] = du_add(x[0], du_mul(10.0, x[1]));
    y[1] = du_mul(sqrt(5.0), du_sub(x[2], x[3]));
    y[2] = du_sqr(du_sub(x[1], du_mul(2.0, x[2])));
    y[3] = du_mul(sqrt(10.0), du_sqr(du_sub(x[0], x[3])));
)
DU_FUNCTION(wood, x[4], y[6],
    y[0] = du_mul(10.0, du_sub(x[1], du_sqr(x[0])));
    y[1] = du_sub(1.0, x[0]);
    y[2] = du_mul(sqrt(90.0), du_sub(x[3], du_sqr(x[2])));
    y[3] = du_sub(1.0, x[2]);
    y[4] = du_mul(sqrt(10.0), du_sub(du_add(x[1], x[3]), 2.0));
    y[5] = du_div(du_sub(x[1], x[3]), sqrt(10.0));
)
DU_FUNCTION(brown_dennis, x[4], y[20],
    for (int i = 0; i < 20; i++) {
        double t = (i + 1) / 5.0;
        y[i] = du_add(du_sqr(du_sub(du_add(x[0], du_mul(t, x[1])), exp(t))),
                      du_sqr(du_sub(du_add(x[2], du_mul(x[3], sin(t))), cos(t))));
    }
)
static const double osborne_y[] = { 0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818,
    0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490,
    0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406 };
DU_FUNCTION(osborne1, x[5], y[33],
    for (int i = 0; i < 33; i++) {
        double t = 10.0 * i;
        y[i] = du_sub(osborne_y[i], du_add(x[0], du_mul(x[1], du_exp(du_mul(-t, x[3]))),
            du_mul(x[2], du_exp(du_mul(-t, x[4])))));
    }
)
DU_FUNCTION(watson, x[], y[31],
    for (int i = 0; i < 29; i++) {
        double t = (i + 1) / 29.0; double power = 1.0;
        T value = x[0]; T slope = du_constant(T, 0.0);
        for (size_t j = 1; j < n; j++) {
            slope = du_add(slope, du_mul((double)j * power, x[j]));
            power *= t;
            value = du_add(value, du_mul(power, x[j]));
        }
        y[i] = du_sub(du_sub(slope, du_sqr(value)), 1.0);
    }
    y[29] = x[0];
    y[30] = du_sub(du_sub(x[1], du_sqr(x[0])), 1.0);
)
DU_FUNCTION(penalty1, x[], y[],
    T s = du_constant(T, -0.25);
    for (size_t i = 0; i < n; i++) {
        y[i] = du_mul(sqrt(1e-5), du_sub(x[i], 1.0));
        s = du_add(s, du_sqr(x[i]));
    }
    y[n] = s;
)
DU_FUNCTION(variably_dimensioned, x[], y[],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i < n; i++) {
        y[i] = du_sub(x[i], 1.0);
        s = du_add(s, du_mul((double)i + 1.0, y[i]));
    }
    y[n] = s;
    y[n + 1] = du_sqr(s);
)
DU_FUNCTION(brown_almost_linear, x[], y[],
    T s = du_constant(T, -(double)(n + 1)); T product = du_constant(T, 1.0);
    for (size_t i = 0; i < n; i++) {
        s = du_add(s, x[i]);
        product = du_mul(product, x[i]);
    }
    for (size_t i = 0; i + 1 < n; i++) y[i] = du_add(x[i], s);
    y[n - 1] = du_sub(product, 1.0);
)
DU_FUNCTION(discrete_bv, x[], y[],
    double h = 1.0 / (double)(n + 1);
    for (size_t i = 0; i < n; i++) {
        T r = du_add(du_mul(2.0, x[i]),
            du_mul(0.5 * h * h, du_powi(du_add(x[i], (double)(i + 1) * h + 1.0), 3)));
        if (i > 0) r = du_sub(r, x[i - 1]);
        if (i + 1 < n) r = du_sub(r, x[i + 1]);
        y[i] = r;
    }
)
DU_FUNCTION(broyden_tridiagonal, x[], y[],
    for (size_t i = 0; i < n; i++) {
        T r = du_add(du_mul(du_sub(3.0, du_mul(2.0, x[i])), x[i]), 1.0);
        if (i > 0) r = du_sub(r, x[i - 1]);
        if (i + 1 < n) r = du_sub(r, du_mul(2.0, x[i + 1]));
        y[i] = r;
    }
)

const mgh_problem mgh_problems[] = {
    { "rosenbrock", &rosenbrock }, { "powell_badly_scaled", &powell_badly_scaled },
        { "brown_badly_scaled", &brown_badly_scaled },
    { "beale", &beale }, { "helical_valley", &helical_valley }, { "bard", &bard },
        { "gaussian", &gaussian }, { "meyer", &meyer },
    { "box_3d", &box_3d }, { "powell_singular", &powell_singular }, { "wood", &wood },
        { "brown_dennis", &brown_dennis },
    { "osborne1", &osborne1 }, { "watson_6", &watson }, { "penalty1_4", &penalty1 },
        { "variably_dim_10", &variably_dimensioned },
    { "brown_almost_linear_10", &brown_almost_linear }, { "discrete_bv_10", &discrete_bv },
        { "broyden_tridiagonal_10", &broyden_tridiagonal },
};
const size_t mgh_problem_count = sizeof mgh_problems / sizeof *mgh_problems;
