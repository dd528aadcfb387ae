"""The DEITA selection and its relatives: arrays in, an outcome for every record out."""
