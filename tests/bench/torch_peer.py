# tests/bench/torch_peer.py - the steps of tensor.c in PyTorch: float64, one thread, run where PyTorch is
# installed (Debian's python3-torch). SPDX-License-Identifier: MIT
import statistics
import time
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(7)


def network(widths):
    inputs, hidden, outputs = widths
    if not hidden:
        return torch.nn.Linear(inputs, outputs)
    return torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, outputs))


def median(run, calls):
    samples = []
    run()
    for _ in range(41):
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        samples.append((time.perf_counter() - begin) / calls)
    return statistics.median(samples)


def measure(name, batch, widths, calls, adam):
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
    print(f"{name}\tpytorch-{torch.__version__}\t{1e6 * whole:.3f}\t{whole / plain:.3f}\t-\t-", flush=True)


measure("linear_regression_step", 100, (1, 0, 1), 200, False)
measure("digits_step", 64, (64, 32, 10), 20, True)
measure("network_784_512_10_step", 256, (784, 512, 10), 1, False)
