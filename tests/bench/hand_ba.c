/* tests/bench/hand_ba.c - ADBench's bundle adjustment: the residuals of many observations, each
 * with a camera (rotation vector r, centre, focal length, principal point, two radial
 * coefficients), a point and a weight of its own, and two rows of fifteen derivatives for each. The
 * rotation is Rodrigues' formula
 *     z = c y + S r x y + V (r.y) r,   c = cos t, S = sin t / t, V = (1 - cos t)/t^2, t = |r|.
 * SPDX-License-Identifier: MIT */
#include "hand.h"
#include <math.h>

enum { ROTATION = 0, CENTRE = 3, FOCAL = 6, PRINCIPAL = 7, RADIAL = 9, POINT = 11, WEIGHT = 14 };

static inline double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void cross(const double *a, const double *b, double *restrict c)
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static void rotate(const double *r, const double *y, double *z)
{
    double t2 = dot(r, r), across[3];
    cross(r, y, across);
    if (t2 > 0.0) {
        double t = sqrt(t2), c = cos(t), s = sin(t) / t, v = (1.0 - c) / t2 * dot(r, y);
        for (int i = 0; i < 3; i++) z[i] = c * y[i] + s * across[i] + v * r[i];
    } else {
        for (int i = 0; i < 3; i++) z[i] = y[i] + across[i];
    }
}

static void residuals(const double *x, const double *feature, double *f)
{
    double y[3], z[3];
    for (int i = 0; i < 3; i++) y[i] = x[POINT + i] - x[CENTRE + i];
    rotate(x + ROTATION, y, z);
    double a0 = z[0] / z[2], a1 = z[1] / z[2], q = a0 * a0 + a1 * a1;
    double scale = x[FOCAL] * (1.0 + x[RADIAL] * q + x[RADIAL + 1] * q * q);
    f[0] = x[WEIGHT] * (scale * a0 + x[PRINCIPAL] - feature[0]);
    f[1] = x[WEIGHT] * (scale * a1 + x[PRINCIPAL + 1] - feature[1]);
}

PLAIN(ba)
{
    const double *features = ba_features();
    for (int i = 0; i < BA_OBSERVATIONS; i++) residuals(x + BA_INPUTS * i, features + 2 * i,
        f + 2 * i);
}

/* c, S, V and dS/dr = s r, dV/dr = v r; dc/dr is -S r */
typedef struct { double c, S, V, s, v; } rotation;

static inline rotation rotation_by(const double *r)
{
    double t2 = dot(r, r);
    if (!(t2 > 0.0)) return (rotation){ 1.0, 1.0, 0.0, 0.0, 0.0 };
    double t = sqrt(t2), inverse = 1.0 / t2, c = cos(t), S = sin(t) * t * inverse,
        V = (1.0 - c) * inverse;
    return (rotation){ c, S, V, (c - S) * inverse, (S - 2.0 * V) * inverse };
}

/* one row of the Jacobian from u, the residual's derivative by z; turn = dz/dt up to the factor r
 */
static inline void row(const double *r, const double *y, const rotation *o, const double *turn,
                       double ry,
                       const double *u, double *restrict g)
{
    double ur[3], yu[3], along = dot(u, r), turned = dot(u, turn);
    cross(u, r, ur);
    cross(y, u, yu);
    for (int i = 0; i < 3; i++) {
        double by_point = o->c * u[i] + o->S * ur[i] + o->V * along * r[i];
        g[ROTATION + i] = turned * r[i] + o->S * yu[i] + o->V * (ry * u[i] + along * y[i]);
        g[CENTRE + i] = -by_point;
        g[POINT + i] = by_point;
    }
}

static inline void observation(rotation o, const double *x, const double *feature,
                               double *restrict f, double *restrict g)
{
    const double *r = x + ROTATION;
    double y[3], z[3], across[3], turn[3], w = x[WEIGHT], *g0 = g, *g1 = g + BA_INPUTS;
    for (int i = 0; i < 3; i++) y[i] = x[POINT + i] - x[CENTRE + i];
    double ry = dot(r, y);
    cross(r, y, across);
    for (int i = 0; i < 3; i++) {
        z[i] = o.c * y[i] + o.S * across[i] + o.V * ry * r[i];
        turn[i] = o.s * across[i] + o.v * ry * r[i] - o.S * y[i];
    }
    double inverse = 1.0 / z[2], a0 = z[0] * inverse, a1 = z[1] * inverse, q = a0 * a0 + a1 * a1;
    double k1 = x[RADIAL], k2 = x[RADIAL + 1], distortion = 1.0 + q * (k1 + k2 * q),
        scale = x[FOCAL] * distortion;
    double p0 = scale * a0 + x[PRINCIPAL] - feature[0], p1 = scale * a1 + x[PRINCIPAL + 1] -
        feature[1];
    double bend = 2.0 * x[FOCAL] * (k1 + 2.0 * k2 * q), factor = w * inverse;
    double d00 = factor * (scale + bend * a0 * a0), d01 = factor * bend * a0 * a1,
        d11 = factor * (scale + bend * a1 * a1);
    double u0[3] = { d00, d01, -(d00 * a0 + d01 * a1) },
        u1[3] = { d01, d11, -(d01 * a0 + d11 * a1) };
    row(r, y, &o, turn, ry, u0, g0);
    row(r, y, &o, turn, ry, u1, g1);
    double wfq = w * x[FOCAL] * q;
    g0[FOCAL] = w * distortion * a0, g1[FOCAL] = w * distortion * a1;
    g0[PRINCIPAL] = w, g1[PRINCIPAL] = 0.0;
    g0[PRINCIPAL + 1] = 0.0, g1[PRINCIPAL + 1] = w;
    g0[RADIAL] = wfq * a0, g1[RADIAL] = wfq * a1;
    g0[RADIAL + 1] = wfq * q * a0, g1[RADIAL + 1] = wfq * q * a1;
    g0[WEIGHT] = p0, g1[WEIGHT] = p1;
    f[0] = w * p0, f[1] = w * p1;
}

/* The square roots and sines of a rotation wait for one another: in a loop of their own, with
 * little else between them, those of several observations overlap. */
HAND(ba)
{
    enum { BLOCK = 100 };
    const double *features = ba_features();
    rotation o[BLOCK];
    for (int i = 0; i < BA_OBSERVATIONS; i += BLOCK) {
        for (int k = 0; k < BLOCK; k++) o[k] = rotation_by(x + BA_INPUTS * (i + k) + ROTATION);
        for (int k = i; k < i + BLOCK; k++)
            observation(o[k - i], x + BA_INPUTS * k, features + 2 * k, f + 2 * k,
                g + 2 * BA_INPUTS * k);
    }
}
