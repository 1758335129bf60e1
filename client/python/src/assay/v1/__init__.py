"""The service's messages and stubs, generated from proto/assay/v1 when the package is built."""
