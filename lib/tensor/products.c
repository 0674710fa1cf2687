/* lib/tensor/products.c - matrix and dot products, by CBLAS where the build has one and the product
 * is worth the call.
 * SPDX-License-Identifier: MIT */
#include "node.h"

enum { WORTH_BLAS = 4096 };

/* c (m, n) += a (m, k) b (k, n); a transposed operand is stored as (k, m), or as (n, k) */
typedef struct {
    size_t m, n, k;
} sizes;

#ifdef DU_CBLAS
#ifndef DU_CBLAS_HEADER
#define DU_CBLAS_HEADER <cblas.h>
#endif
#include DU_CBLAS_HEADER
static int multiply_by_blas(sizes s, const double *a, int a_transposed, const double *b,
                            int b_transposed, double *c)
{
    const size_t most = 1u << 30;
    if (s.m * s.n * s.k < WORTH_BLAS || s.m > most || s.n > most || s.k > most) return 0;
    cblas_dgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
                b_transposed ? CblasTrans : CblasNoTrans, (int)s.m, (int)s.n, (int)s.k, 1.0, a,
                (int)(a_transposed ? s.m : s.k), b, (int)(b_transposed ? s.k : s.n), 1.0, c,
                (int)s.n);
    return 1;
}
#else
#define multiply_by_blas(...) 0
#endif

/* In three loops; each call knows the transpositions, for which the compiler makes a copy. */
static void multiply_add(sizes s, const double *a, int a_transposed, const double *b,
                         int b_transposed, double *c)
{
    const size_t row = a_transposed ? 1 : s.k, step = a_transposed ? s.m : 1;
    if (multiply_by_blas(s, a, a_transposed, b, b_transposed, c)) return;
    for (size_t i = 0; i < s.m; i++) {
        if (!b_transposed) { /* along the rows of b and c */
            for (size_t l = 0; l < s.k; l++) {
                const double f = a[i * row + l * step], *from = b + l * s.n;
                for (size_t j = 0; j < s.n; j++) c[i * s.n + j] += f * from[j];
            }
        } else
            for (size_t j = 0; j < s.n; j++) {
                double dot = 0.0;
                for (size_t l = 0; l < s.k; l++) dot += a[i * row + l * step] * b[j * s.k + l];
                c[i * s.n + j] += dot;
            }
    }
}

/* ---- matmul ---- */

/* The sizes of a product and its shape; 0 when the operands do not fit. */
static int product_of(du_shape a, du_shape b, sizes *s, du_shape *out)
{
    if (a.rank < 1 || a.rank > 2 || b.rank < 1 || b.rank > 2) return 0;
    *s = (sizes){ a.rank == 2 ? a.n[0] : 1, b.rank == 2 ? b.n[1] : 1, a.n[a.rank - 1] };
    *out = (du_shape){ .rank = a.rank + b.rank - 2 };
    if (a.rank == 2) out->n[0] = s->m;
    if (b.rank == 2) out->n[a.rank - 1] = s->n;
    return b.n[0] == s->k;
}

static void pull_matmul(const du_tensor_node *node, double *adjoint)
{
    const du_tensor_node *a = node->in[0], *b = node->in[1];
    const double *g = adjoint + node->slot;
    double *abar = adjoint_of(a, adjoint), *bbar = adjoint_of(b, adjoint);
    sizes s = { 0, 0, 0 };
    du_shape out;
    product_of(a->shape, b->shape, &s, &out);
    if (abar) multiply_add((sizes){ s.m, s.k, s.n }, g, 0, b->value, 1, abar); /* g b^T */
    if (bbar) multiply_add((sizes){ s.k, s.n, s.m }, a->value, 1, g, 0, bbar); /* a^T g */
}

du_tensor du_tensor_matmul(du_tensor a, du_tensor b)
{
    du_tensor in[2] = { a, b };
    du_tape *t = du_tensor_tape(2, in);
    sizes s = { 0, 0, 0 };
    du_shape out;
    if (!t) return du_tensor_failed(owner_of(a, b));
    if (!product_of(shape_of(a), shape_of(b), &s, &out))
        return du_tensor_mismatch(t, "matmul", shape_of(a), shape_of(b));
    du_tensor_node *node = du_tensor_begin(t, "matmul", out, 2, in, pull_matmul);
    if (!node) return du_tensor_failed(t);
    memset(node->value, 0, node->size * sizeof *node->value);
    multiply_add(s, a.node->value, 0, b.node->value, 0, node->value);
    return du_tensor_result(t, node);
}

/* ---- dot ---- */

du_tensor du_tensor_dot(du_tensor a, du_tensor b)
{
    du_tape *t = du_tensor_tape(2, (du_tensor[]){ a, b });
    if (!t) return du_tensor_failed(owner_of(a, b));
    if (shape_of(a).rank == 1 && shape_of(b).rank == 1) return du_tensor_matmul(a, b);
    return du_tensor_mismatch(t, "dot", shape_of(a), shape_of(b));
}
