"""Fits the polynomial of exp2Below127() in wasm/kernels/simd/simd_math.h and prints its coefficients and error.

2^f for |f| ≤ 1/2, degree 5, least relative error: least squares reweighted towards the largest error (Lawson). Needs numpy.
"""
import numpy as np

f = np.cos(np.pi * (np.arange(4001) + 0.5) / 4001) / 2
powers = np.vander(f, 6, increasing=True) / (2.0**f)[:, None]
weight, best = np.ones_like(f), (np.inf, None)
for _ in range(300):
    c = np.linalg.lstsq(powers * np.sqrt(weight)[:, None], np.sqrt(weight), rcond=None)[0]
    error = np.abs(powers @ c - 1)
    best = min(best, (error.max(), tuple(c)))
    weight *= error / error.max() + 1e-3
    weight /= weight.sum()
error, c = best
print(["%.9g" % v for v in c], "\nerror of the fit", error)
x, p = np.linspace(-0.5, 0.5, 200001, dtype=np.float32), np.float32(c[5])
for v in c[4::-1]:
    p = (p * x + np.float32(v)).astype(np.float32)
print("in floats", np.abs(p / 2.0 ** x.astype(np.float64) - 1).max())
