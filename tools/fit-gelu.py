"""Fits the rational function of gelu() in wasm/kernels/simd/simd_math.h and prints its coefficients and errors.

gelu(x) = x·(1/2 + c·R(c²)) with c = clamp(x, −5.6, 5.6), R = P/Q of degree 5/5 in c² and Q(0) = 1: linearized least
squares (Sanathanan–Koerner), reweighted towards the largest error (Lawson). Needs numpy.
"""
import math
import numpy as np

BOUND, DEGREE = 5.6, 5
erf = np.vectorize(math.erf)

x = np.maximum((np.cos(np.pi * (np.arange(4000) + 0.5) / 4000) + 1) / 2 * BOUND, 1e-6)
u = (x / BOUND) ** 2
target = 0.5 * erf(x / math.sqrt(2)) / x
weight = x * x + 1e-3 * x  # makes the error that of gelu itself
importance, q, best = np.ones_like(x), np.ones_like(x), (np.inf, None)
for _ in range(60):
    w = weight * np.sqrt(importance) / np.abs(q)
    columns = [u**i for i in range(DEGREE + 1)] + [-target * u**i for i in range(1, DEGREE + 1)]
    c = np.linalg.lstsq(np.stack(columns, 1) * w[:, None], target * w, rcond=None)[0]
    p = sum(c[i] * u**i for i in range(DEGREE + 1))
    q = 1 + sum(c[DEGREE + i] * u**i for i in range(1, DEGREE + 1))
    error = np.abs(p / q - target) * weight
    best = min(best, (error.max(), tuple(c)))
    importance = np.maximum(importance * (error / error.max() + 1e-9), 1e-12)
    importance /= importance.max()
error, c = best
P = [c[i] / BOUND ** (2 * i) for i in range(DEGREE + 1)]
Q = [1.0] + [c[DEGREE + i] / BOUND ** (2 * i) for i in range(1, DEGREE + 1)]
print("P", ["%.9g" % v for v in P], "\nQ", ["%.9g" % v for v in Q], "\nerror of the fit", error)
