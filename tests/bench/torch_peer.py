# tests/bench/torch_peer.py - PyTorch beside Duet: float64, one thread (Debian's python3-torch).
#
#     torch_peer.py tensors                   the training steps of tensor.c
#     torch_peer.py gradients LIBRARY LINES   GMM and logistic regression, where LINES, bench's output, has them;
#                                             data and the gradient by hand come from LIBRARY (libbench_inputs)
#
# Lines as bench.c's. SPDX-License-Identifier: MIT
import ctypes
import statistics
import sys
import time
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
TOOL = f"pytorch-{torch.__version__}"


def median(run, calls):
    samples = []
    run()
    for _ in range(41):
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        samples.append((time.perf_counter() - begin) / calls)
    return statistics.median(samples)


# ---- training steps ----

def network(widths):
    inputs, hidden, outputs = widths
    if not hidden:
        return torch.nn.Linear(inputs, outputs)
    return torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, outputs))


def measure_step(name, batch, widths, calls, adam):
    model = network(widths)
    x, y = torch.randn(batch, widths[0]), torch.randn(batch, widths[2])
    label = torch.arange(batch) % widths[2]
    criterion = torch.nn.CrossEntropyLoss() if widths[1] else torch.nn.MSELoss()
    target = label if widths[1] else y
    optimiser = torch.optim.Adam(model.parameters(), 1e-3) if adam else torch.optim.SGD(model.parameters(), 1e-2)

    def forward():
        with torch.no_grad():
            criterion(model(x), target)

    def step():
        optimiser.zero_grad()
        criterion(model(x), target).backward()
        optimiser.step()

    plain, whole = median(forward, calls), median(step, calls)
    print(f"{name}\t{TOOL}\t{1e6 * whole:.3f}\t{whole / plain:.3f}\t-\t-", flush=True)


def tensors():
    measure_step("linear_regression_step", 100, (1, 0, 1), 200, False)
    measure_step("digits_step", 64, (64, 32, 10), 20, True)
    measure_step("network_784_512_10_step", 256, (784, 512, 10), 1, False)


# ---- gradients ----

def read_lines(path):
    """{workload: {tool: median in us}}"""
    found = {}
    for row in (line.rstrip("\n").split("\t") for line in open(path)):
        if len(row) == 6:
            found.setdefault(row[0], {})[row[1]] = float(row[2])
    return found


def fastest(tools, part):
    return min(us for tool, us in tools.items() if tool.startswith(part + "-"))


class Inputs:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)

    def data(self, name, shape, *sizes):
        get = self.library[name]
        get.restype = ctypes.POINTER(ctypes.c_double)
        values = get(*map(ctypes.c_size_t, sizes))
        return torch.tensor(values[:torch.Size(shape).numel()]).reshape(shape)

    def point(self, workload, n):
        x = (ctypes.c_double * n)()
        self.library["point_" + workload](x)
        return torch.tensor(list(x))

    def by_hand(self, workload, x):
        n = len(x)
        values, f, g = (ctypes.c_double * n)(*x.tolist()), ctypes.c_double(), (ctypes.c_double * n)()
        compiled = [f"hand_{workload}_{c}" for c in ("gcc", "clang") if hasattr(self.library, f"hand_{workload}_{c}")]
        self.library[compiled[0]](values, ctypes.byref(f), g)
        return torch.tensor([f.value]), torch.tensor(list(g))


def gmm(inputs, d, k, n):
    x = inputs.data("gmm_points", (n, d), d, n)
    columns, rows = torch.triu_indices(d, d, 1)  # below the diagonal, column by column
    width = d + 1
    log_gamma = torch.special.multigammaln(torch.tensor(width / 2), d)
    constant = k * (width * d * torch.log(torch.tensor(2.0)) / 2 + log_gamma) - n * d * torch.log(torch.tensor(2 * torch.pi)) / 2

    def objective(p):
        alphas, means, icf = p.split((k, k * d, k * d * (d + 1) // 2))
        means, icf = means.reshape(k, d), icf.reshape(k, -1)
        q = torch.diag_embed(icf[:, :d].exp()).index_put((torch.arange(k)[:, None], rows, columns), icf[:, d:])
        y = x @ q.mT - (q @ means[:, :, None]).mT
        exponents = alphas + icf[:, :d].sum(1) - 0.5 * y.square().sum(2).T
        return torch.logsumexp(exponents, 1).sum() - n * torch.logsumexp(alphas, 0) + 0.5 * q.square().sum() + constant

    return objective


def logistic(inputs):
    a, y = inputs.data("logistic_features", (10000, 20)), inputs.data("logistic_labels", (10000,))

    def objective(p):
        z = a @ p
        return torch.nn.functional.softplus(z).sum() - y @ z

    return objective


def measure_gradient(inputs, tools, workload, parameters, objective):
    x = inputs.point(workload, parameters).requires_grad_()
    found = []

    def run():
        f = objective(x)
        found[:] = f, torch.autograd.grad(f, x)[0]

    us = 1e6 * median(run, 3)
    off = max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, inputs.by_hand(workload, x)))
    print(f"{workload}\t{TOOL}\t{us:.4f}\t{us / fastest(tools, 'plain'):.3f}\t{us / fastest(tools, 'hand'):.3f}\t{off:.2g}", flush=True)
    return off <= 1e-9


def gradients(library, lines):
    inputs, found, good = Inputs(library), read_lines(lines), True
    for name, d, k, n in (("gmm_d10_k5", 10, 5, 1000), ("gmm_d20_k25", 20, 25, 1000)):
        if name in found:
            good &= measure_gradient(inputs, found[name], name, k + k * d + k * d * (d + 1) // 2, gmm(inputs, d, k, n))
    if "logistic" in found:
        good &= measure_gradient(inputs, found["logistic"], "logistic", 20, logistic(inputs))
    return good


if sys.argv[1] == "tensors":
    tensors()
elif not gradients(*sys.argv[2:]):
    sys.exit(1)
