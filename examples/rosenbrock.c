#include <duet/duet.h>

DU_FUNCTION(rosenbrock, x[], y[1],
    T s = du_constant(T, 0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        T a = du_sub(x[i + 1], du_sqr(x[i]));
        T b = du_sub(1.0, x[i]);
        s = du_add(s, du_mul(100.0, du_sqr(a)), du_sqr(b));
    }
    y[0] = s;
)

int main(void)
{
    static double x[100000], gradient[100000], y;
    const size_t sizes[] = { 2, 10, 100000 };
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizes[k]; i++) x[i] = 0.5;
        du_plan *p = du_plan_gradient(&rosenbrock, sizes[k], NULL);
        du_plan_explain(p, stdout);
        if (du_run_gradient(p, x, &y, gradient)) printf("%s\n", du_plan_message(p));
        else printf("y = %g, dy/dx0 = %g\n", y, gradient[0]);
        du_plan_free(p);
    }
    return 0;
}
