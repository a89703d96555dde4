"""A recorded function read as matrices, and written as code for NumPy, PyTorch or JAX; README.md says how."""
