"""Files to release: parse, check, infer, validate, store, index, dump, activate."""
